export { keepPoints } from './keep-points.ts'
export { pointsOf } from './points-of.ts'
