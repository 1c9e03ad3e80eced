import { readonly, ref } from "vue"
import type { EventType } from "./eventTypes"

export type LiveState = "connecting" | "live" | "reconnecting" | "offline"

/** The server's way of saying that nobody is logged in here. */
const notLoggedIn = 4401
const firstWait = 500
const longestWait = 15_000
/** Repeated while a case is open, well within the time the server lets a viewer fade. */
const repeatEvery = 10_000

interface Options {
  url: string
  onEvent: (type: EventType, id: number) => void
  /** From here on everything is told: whatever was read before this moment may be old. */
  onOpen: () => void
  /** The server says we are not logged in; whoever knows about sessions finds out. */
  onRefused: () => void
  random?: () => number
}

/** Exponential, capped, and spread between half and all of it so that a restart is no stampede. */
export function waitBefore(attempt: number, random: () => number): number {
  const ceiling = Math.min(longestWait, firstWait * 2 ** attempt)
  return ceiling / 2 + (random() * ceiling) / 2
}

/** The one websocket of the program, its state, and what we tell the others about ourselves. */
export function createConnection(options: Options) {
  const state = ref<LiveState>(navigator.onLine ? "connecting" : "offline")
  let socket: WebSocket | undefined
  let attempt = 0
  let ended = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking: { case: number; typing: boolean } | undefined

  function open(): void {
    clearTimeout(timer)
    if (ended || socket) return
    const opened = new WebSocket(options.url)
    socket = opened
    opened.onopen = () => {
      attempt = 0
      state.value = "live"
      options.onOpen()
      tell()
    }
    opened.onmessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as { type: EventType; id: number }
      options.onEvent(event.type, event.id)
    }
    opened.onclose = (closed) => {
      if (socket !== opened) return
      socket = undefined
      if (closed.code === notLoggedIn) options.onRefused()
      tryLater()
    }
  }

  function tryLater(): void {
    if (ended) return
    state.value = navigator.onLine ? "reconnecting" : "offline"
    clearTimeout(timer)
    timer = setTimeout(open, waitBefore(attempt++, options.random ?? Math.random))
  }

  function tell(): void {
    if (socket?.readyState !== WebSocket.OPEN) return
    socket.send(JSON.stringify(looking ? { type: "looking", ...looking } : { type: "away" }))
  }

  function goOffline(): void {
    state.value = "offline"
  }

  function goOnline(): void {
    attempt = 0
    if (socket) state.value = socket.readyState === WebSocket.OPEN ? "live" : "connecting"
    else open()
  }

  const repeat = setInterval(() => looking && tell(), repeatEvery)
  addEventListener("offline", goOffline)
  addEventListener("online", goOnline)
  open()

  return {
    state: readonly(state),
    /** Says which case is on screen and whether we are typing in it; undefined: none. */
    look(caseId: number | undefined, typing = false): void {
      if (looking?.case === caseId && (looking?.typing ?? false) === typing) return
      looking = caseId === undefined ? undefined : { case: caseId, typing }
      tell()
    },
    close(): void {
      ended = true
      clearInterval(repeat)
      clearTimeout(timer)
      removeEventListener("offline", goOffline)
      removeEventListener("online", goOnline)
      socket?.close()
    },
  }
}

export type Connection = ReturnType<typeof createConnection>

/** Where the websocket lives: the address from the server, or else a port of the page's own host. */
export function liveAddress(
  base: string,
  port: number | null,
  page: Pick<Location, "protocol" | "host" | "hostname">,
): string {
  const host = port ? `${page.hostname}:${port}` : page.host
  const own = `${page.protocol === "https:" ? "wss" : "ws"}://${host}`
  return `${(base || own).replace(/\/$/, "")}/live`
}
