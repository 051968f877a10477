import { expect, test } from 'vitest'
import { apis } from './apis.ts'
import { operationsDocument } from './operations-document.ts'

test('the documented operations are those that are served; vitest run with this file and -u writes them anew', async () => {
  const served = apis({} as never, { publicUrl: 'http://ci.example.com', onError: () => {} })

  await expect(operationsDocument(served)).toMatchFileSnapshot('../../../../docs/api-operations.md')
})
