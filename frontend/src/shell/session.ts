import { defineStore } from "pinia"
import { ref } from "vue"

/** Whether the log-in still holds. Who is logged in is server data, see `useMe`. */
export const useSession = defineStore("session", () => {
  const over = ref(false)
  return { over, end: () => (over.value = true) }
})
