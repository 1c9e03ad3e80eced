import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createConnection, liveAddress, waitBefore, type Connection } from "@/live/connection"

/** A socket at whose other end the test sits. */
class Line {
  static OPEN = 1
  static all: Line[] = []
  readyState = 0
  sent: unknown[] = []
  onopen?: () => void
  onmessage?: (message: { data: string }) => void
  onclose?: (closed: { code: number }) => void

  constructor(readonly url: string) {
    Line.all.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = 3
  }

  answer(): void {
    this.readyState = Line.OPEN
    this.onopen?.()
  }

  drop(code = 1006): void {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

const newest = () => Line.all.at(-1) as Line

describe("the live connection", () => {
  let events: [string, number][]
  let opened: number
  let refused: number
  let live: Connection

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal("WebSocket", Line)
    Line.all = []
    events = []
    opened = refused = 0
    live = createConnection({
      url: "ws://desk/live",
      onEvent: (type, id) => events.push([type, id]),
      onOpen: () => opened++,
      onRefused: () => refused++,
      random: () => 1,
    })
  })
  afterEach(() => {
    live.close()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it("says where it stands", async () => {
    expect(live.state.value).toBe("connecting")
    newest().answer()
    expect(live.state.value).toBe("live")
    newest().drop()
    expect(live.state.value).toBe("reconnecting")
    await vi.advanceTimersByTimeAsync(500)
    newest().answer()
    expect(live.state.value).toBe("live")
  })

  it("hands on events", () => {
    newest().answer()
    newest().onmessage?.({ data: `{"type":"case.opened","id":4}` })
    expect(events).toEqual([["case.opened", 4]])
  })

  it("has everything read again whenever it opens: only from there on is everything told", async () => {
    newest().answer()
    expect(opened).toBe(1)
    newest().drop()
    await vi.advanceTimersByTimeAsync(500)
    expect(opened).toBe(1)
    newest().answer()
    expect(opened).toBe(2)
  })

  it("waits longer after every failure", async () => {
    newest().drop()
    await vi.advanceTimersByTimeAsync(500)
    newest().drop()
    await vi.advanceTimersByTimeAsync(999)
    expect(Line.all).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(Line.all).toHaveLength(3)
  })

  it("says when it is refused, and goes on trying", async () => {
    newest().drop(4401)
    expect(refused).toBe(1)
    await vi.advanceTimersByTimeAsync(500)
    expect(Line.all).toHaveLength(2)
  })

  it("tells once which case is looked at, repeats it, and says when it is left", async () => {
    newest().answer()
    live.look(7)
    live.look(7)
    live.look(7, true)
    await vi.advanceTimersByTimeAsync(10_000)
    live.look(undefined)
    expect(newest().sent.slice(1)).toEqual([
      { type: "looking", case: 7, typing: false },
      { type: "looking", case: 7, typing: true },
      { type: "looking", case: 7, typing: true },
      { type: "away" },
    ])
  })

  it("tells it again on a new line", async () => {
    newest().answer()
    live.look(7)
    newest().drop()
    await vi.advanceTimersByTimeAsync(500)
    newest().answer()
    expect(newest().sent).toEqual([{ type: "looking", case: 7, typing: false }])
  })

  it("shows at once that the computer is offline, and comes back by itself", async () => {
    newest().answer()
    dispatchEvent(new Event("offline"))
    expect(live.state.value).toBe("offline")
    dispatchEvent(new Event("online"))
    expect(live.state.value).toBe("live")
  })
})

describe("waiting before another try", () => {
  it("never takes longer than fifteen seconds and spreads over half of it", () => {
    expect(waitBefore(30, () => 1)).toBe(15_000)
    expect(waitBefore(30, () => 0)).toBe(7_500)
  })
})

describe("the address of the websocket", () => {
  const page = { protocol: "https:", host: "praat.example:8443", hostname: "praat.example" }

  it("is what the server says", () => {
    expect(liveAddress("wss://live.example/", 8001, page)).toBe("wss://live.example/live")
  })

  it("is a port of the page's host where the server says nothing", () => {
    expect(liveAddress("", 8001, page)).toBe("wss://praat.example:8001/live")
    expect(liveAddress("", null, page)).toBe("wss://praat.example:8443/live")
  })
})
