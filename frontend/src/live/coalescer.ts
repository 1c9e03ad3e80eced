/** A round that took long is followed by a rest this many times as long, so that a flood of events
 * never keeps the server busy with one browser for more than a third of the time. */
const breather = 2

interface Lane {
  running: boolean
  again: boolean
  freeAt: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * Turns bursts into rounds. The first call for a key runs at once; calls while it runs or rests
 * make exactly one more round afterwards; a key never has two rounds under way.
 *
 * `rest` gives the milliseconds a key rests after a round; `run` must not reject.
 */
export function createCoalescer<Key extends string>(
  run: (key: Key) => Promise<unknown>,
  rest: (key: Key) => number,
  clock: () => number = () => performance.now(),
): (key: Key) => void {
  const lanes = new Map<Key, Lane>()

  async function start(key: Key, lane: Lane): Promise<void> {
    lane.timer = undefined
    lane.running = true
    lane.again = false
    const began = clock()
    await run(key)
    lane.running = false
    lane.freeAt = clock() + Math.max(rest(key), (clock() - began) * breather)
    if (lane.again) wait(key, lane)
  }

  function wait(key: Key, lane: Lane): void {
    lane.timer ??= setTimeout(() => void start(key, lane), Math.max(0, lane.freeAt - clock()))
  }

  return (key) => {
    const lane = lanes.get(key) ?? { running: false, again: false, freeAt: 0, timer: undefined }
    lanes.set(key, lane)
    if (lane.running) lane.again = true
    else if (clock() >= lane.freeAt) void start(key, lane)
    else wait(key, lane)
  }
}
