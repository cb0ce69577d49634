export { drawStory } from './draw-story.ts'
export { layOut } from './lay-out.ts'
