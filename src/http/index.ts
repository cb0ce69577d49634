export { databaseUnavailable, invalid, Problem, toDocument, toProblem } from './problem.ts'
export { pageLimit } from './page-limit.ts'
export { Refusal, type Fault } from './refusal.ts'
export { defineRoute, type Reply, type Route, type RouteRequest } from './route.ts'
