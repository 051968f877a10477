/** Names of the steps the language itself knows (semantics 14). */
export const builtinSteps: ReadonlySet<string> = new Set([
  'run',
  'checkout',
  'setup_remote_docker',
  'save_cache',
  'restore_cache',
  'store_artifacts',
  'store_test_results',
  'persist_to_workspace',
  'attach_workspace',
  'add_ssh_keys',
  'install_signing_bundle',
  'deploy',
])
