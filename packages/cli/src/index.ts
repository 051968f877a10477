// The commands are the program src/main.ts. What others of the repository start as the commands do stands here.
export { serverArguments } from './server/server-arguments.ts'
