export interface Text {
  /** E.164, such as +442079460000. */
  to: string
  text: string
}

/** Who brings texts to telephones. */
export interface TextProvider {
  /**
   * Hands a text over; returns when the provider has taken it. Under one key it takes it once.
   * @throws Unrecoverable when the provider refuses the number or the text for good
   * @throws DependencyUnavailable when it is away, does not let us in, or has no credit of ours left
   */
  send(text: Text, call: { idempotencyKey: string; signal: AbortSignal }): Promise<void>
}
