import { inject, type InjectionKey, type Ref } from "vue"
import type { Connection, LiveState } from "./connection"

export interface Live {
  state: Readonly<Ref<LiveState>>
  look: Connection["look"]
}

export const liveKey: InjectionKey<Live> = Symbol("live")

export function useLive(): Live {
  const live = inject(liveKey)
  if (!live) throw new Error("no live connection was provided")
  return live
}
