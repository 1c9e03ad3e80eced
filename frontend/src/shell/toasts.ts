import { defineStore } from "pinia"
import { ref } from "vue"

export interface Toast {
  id: number
  /** Called every tick with the seconds left, for countdowns. */
  text: (secondsLeft: number) => string
  tone: "plain" | "bad"
  until: number
  action?: { label: string; run: () => unknown; hotkey?: string }
}

const plainMs = 5000
const badMs = 12_000

export const useToasts = defineStore("toasts", () => {
  const toasts = ref<Toast[]>([])
  let last = 0

  function show(toast: Omit<Toast, "id">): number {
    const id = ++last
    // More than three is noise; the oldest gives way.
    toasts.value = [...toasts.value.slice(-2), { ...toast, id }]
    return id
  }

  return {
    toasts,
    show,
    say: (text: string, action?: Toast["action"]) =>
      show({ text: () => text, tone: "plain", until: Date.now() + plainMs, action }),
    warn: (text: string) => show({ text: () => text, tone: "bad", until: Date.now() + badMs }),
    drop(id: number): void {
      toasts.value = toasts.value.filter((toast) => toast.id !== id)
    },
    /** Takes away what is over. */
    expire(nowMs: number): void {
      if (toasts.value.some(({ until }) => until <= nowMs))
        toasts.value = toasts.value.filter(({ until }) => until > nowMs)
    },
  }
})
