import { labelHeads } from "@/case/labelHeads"
import type { LabelAnswer, LabelHead, LabellingTask } from "@/api/types"

/** What a person makes of one label: another value, or `unsaid` where they do not know. */
export const unsaid = "unsaid"
export type Changes = Partial<Record<LabelHead, string | string[] | boolean>>

/** What is still to do: what was skipped comes last, in the order in which it was. */
export function remaining(
  tasks: readonly LabellingTask[],
  answered: ReadonlySet<number>,
  skipped: readonly number[],
): LabellingTask[] {
  const rank = ({ id }: LabellingTask) => skipped.lastIndexOf(id)
  return tasks.filter(({ id }) => !answered.has(id)).sort((a, b) => rank(a) - rank(b))
}

/** Every label gets a word: what was changed its new value, the rest "right". What is unsaid is left out. */
export function answersOf(changes: Changes): LabelAnswer[] {
  return labelHeads
    .filter((head) => changes[head] !== unsaid)
    .map((head) => ({ head, value: changes[head] ?? null }))
}
