export { keepPoints } from './keep-points.ts'
