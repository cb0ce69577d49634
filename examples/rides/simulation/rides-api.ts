/** What came of a request: its status and body, or that there was no answer. */
export interface Answer {
  /** 0 when there was no answer. */
  status: number
  body: unknown
}

export interface RidesApi {
  ask(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer>
}

const PATIENCE_MS = 8_000

/** The API as phones see it: no answer is nothing special, and is asked for again by whoever needs it. */
export const openRidesApi = (url: string, key: string): RidesApi => ({
  async ask(method, path, body) {
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
    } catch {
      return { status: 0, body: undefined }
    }
  },
})
