/** What is drawn of the story of an order; GET /v1/orders/{id}/story answers with more. Times count from the first event. */
export interface Story {
  orderId: string
  status: string
  events: readonly StoryEvent[]
}

export interface StoryEvent {
  id: string
  type: string
  afterMs: number
  /** The reaction that published it; null when a request or a schedule did. */
  publishedBy: string | null
  reactions: readonly StoryReaction[]
}

export interface StoryReaction {
  reaction: string
  state: string
  afterMs: number | null
  durationMs: number | null
  history: readonly { what: string; attempt: number; afterMs: number; error: string | null }[]
}
