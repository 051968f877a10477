import { ExecutorRefusal } from '../executor.ts'
import type { ImageLogin } from './credentials.ts'
import { dockerHub, type ImageName, printImageName } from './image-name.ts'
import { PullFailure } from './pull.ts'

/** Why the job cannot have its image, and what to do: names the image, the registry and the cure. */
export function refusalOf(error: unknown, name: ImageName, { login, missing }: ImageLogin): Error {
  if (!(error instanceof PullFailure)) return error instanceof Error ? error : new Error(String(error))
  const image = printImageName(name)
  const registry = name.registry === dockerHub ? 'Docker Hub' : `The registry ${name.registry}`
  const variables = missing.map((variable) => `$${variable}`).join(' and ')
  const said = `It said: ${error.message}`
  switch (error.trouble) {
    case 'denied':
      if (missing.length > 0)
        return new ExecutorRefusal(
          `${registry} does not give the image ${image} without a login, and ${variables}, which \`auth\` or \`aws_auth\` names, is not set. Set it in the project's variables or in a context of the job.\n${said}`,
        )
      return new ExecutorRefusal(
        login === undefined
          ? `${registry} does not give the image ${image} without a login, or has none of that name. Check the name, and give \`auth\` with the user name and password of the registry.\n${said}`
          : `${registry} refused the login for the image ${image}, which comes from ${login.source}. Check the user name and password there, and that they may read the image.\n${said}`,
      )
    case 'not-found':
      return new ExecutorRefusal(`${registry} has no image ${image}. Check its name and tag, or digest.\n${said}`)
    case 'platform':
      return new ExecutorRefusal(
        `The image ${image} does not exist for this machine's architecture (${process.arch}). Use one that does, or an agent on another machine.\n${said}`,
      )
    case 'disk':
      return new ExecutorRefusal(
        `The image ${image} does not fit on the disk of the agent's machine. Whoever keeps it must make room, for instance by removing unused images.\n${said}`,
      )
    case 'insecure':
      return new ExecutorRefusal(
        `${registry} cannot be trusted for the image ${image}: its certificate does not hold, or it has none. Give the engine its certificate, or list it there as an insecure registry.\n${said}`,
      )
    case 'transient':
      return new ExecutorRefusal(
        `The image ${image} could not be pulled: ${registry === 'Docker Hub' ? registry : registry.replace('The', 'the')} could not be reached from this machine, or was in trouble. Check that the machine reaches it, and run the job again.\n${said}`,
      )
  }
}
