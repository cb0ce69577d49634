export { readFigures, type Figures, type ReactionFigures } from './reactions.ts'
export { readRelay, type RelayStanding } from './relay.ts'
export { readSpan, type Span } from './spans.ts'
export { readPublishedAfter, type PublishedEvent } from './published.ts'
