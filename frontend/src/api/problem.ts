/** A refusal from the API (RFC 9457), or `status` 0 when there was no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly body: {
      title?: string
      detail?: string
      code?: string | null
      invalidParams?: { name: string; reason: string }[]
      [extra: string]: unknown
    } = {},
  ) {
    super(body.detail || body.title || `HTTP ${status}`)
  }

  get code(): string {
    return this.body.code ?? ""
  }

  /** What the API says about one field of a form. */
  about(name: string): string | undefined {
    return this.body.invalidParams?.find((param) => param.name === name)?.reason
  }

  /** The session ended, or asks for a second factor first: to the log-in pages. */
  get loggedOut(): boolean {
    return this.status === 401 || this.code === "second_factor_required"
  }
}

/** Words for on the screen; `offline` and `failed` are the translated sentences to fall back on. */
export function wordProblem(error: unknown, offline: string, failed: string): string {
  if (!(error instanceof Problem)) return failed
  if (error.status === 0) return offline
  return error.status >= 500 ? failed : error.message
}
