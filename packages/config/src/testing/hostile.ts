const repeat = (piece: string, length: number) => piece.repeat(Math.floor(length / piece.length))
const many = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const job = 'docker: [{image: a}]'
const size = 200_000

/**
 * Texts that cost, or could cost, more than their length allows: what fuzzing and thinking found. Each names what it
 * aims at.
 */
export const hostileTexts: Readonly<Record<string, string>> = {
  'sections that open and never close': `version: 2.1\njobs: {build: {${job}, steps: [{run: "${repeat('<<# pipeline.number >>', size)}"}]}}`,
  'templates that never close': `version: 2.1\nx: "${repeat('<< ', size)}"`,
  'escapes in a row': `version: 2.1\njobs: {build: {${job}, steps: [{run: "${repeat('\\\\<<', size)}"}]}}`,
  'thousands of unknown commands, each with thousands of names nearby': `version: 2.1\ncommands:\n${many(5_000, (i) => `  c${i}: {steps: [nosuch${i}]}`).join('\n')}\njobs: {build: {${job}, steps: [${many(5_000, (i) => `c${i}`).join(', ')}]}}`,
  'thousands of keys nobody knows': `version: 2.1\njobs: {build: {${job}, steps: [], ${many(15_000, (i) => `zz${i}: 1`).join(', ')}}}`,
  'thousands of entries that require nobody': `version: 2.1\njobs: {a: {${job}, steps: []}}\nworkflows: {w: {jobs: [${many(4_000, (i) => `{a: {name: n${i}, requires: [m${i}]}}`).join(', ')}]}}`,
  'one job thousands of times': `version: 2.1\njobs: {a: {${job}, steps: []}}\nworkflows: {w: {jobs: [${many(5_000, () => 'a').join(', ')}]}}`,
  'a chain of thousands of requirements': `version: 2.1\njobs: {a: {${job}, steps: []}}\nworkflows: {w: {jobs: [n0: {type: approval}, ${many(4_000, (i) => `{a: {name: n${i + 1}, requires: [n${i}]}}`).join(', ')}]}}`,
  'a pattern that backtracking dies of': `version: 2.1\njobs: {build: {${job}, steps: []}}\nworkflows: {w: {when: {matches: {pattern: "(a*)*b${'(x+x+)+'.repeat(10)}", value: "${'a'.repeat(5_000)}"}}, jobs: [build]}}`,
  'a pattern with look-around that backtracking dies of': `version: 2.1\njobs: {build: {${job}, steps: []}}\nworkflows: {w: {when: {matches: {pattern: "^(?!x)(a+)+$", value: "${'a'.repeat(40)}!"}}, jobs: [build]}}`,
  'merge keys in a row': `version: 2.1\na: &a {x: 1}\nb:\n${repeat('  <<: *a\n', size)}`,
  'nots in a row': `version: 2.1\njobs: {build: {${job}, steps: []}}\nworkflows: {w: {when: "${repeat('not ', size)}true", jobs: [build]}}`,
  'parentheses in a row': `version: 2.1\njobs: {build: {${job}, steps: []}}\nworkflows: {w: {when: "${repeat('(', size)}true", jobs: [build]}}`,
  'a megabyte of mistakes, one a line': many(90_000, (i) => `}: [x${i}`).join('\n'),
  'a megabyte of quotes that never close': many(90_000, (i) => `a${i}: "b`).join('\n'),
  'a megabyte of unknown commands': `version: 2.1\njobs:\n  build:\n    docker: [{image: a}]\n    steps:\n${many(45_000, (i) => `      - no-such-${i}`).join('\n')}`,
  'a megabyte of good entries before one mistake': `a:\n${many(45_000, (i) => `  b${i}: "some text"`).join('\n')}\n  c: [x\n`,
  'a megabyte of good entries behind one mistake': `a:\n  c: "x" y\n${many(45_000, (i) => `  b${i}: "some text"`).join('\n')}`,
  'a megabyte with the line ends of Windows': `version: 2.1\r\n${many(45_000, (i) => `b${i}: "some text"`).join('\r\n')}`,
  'a megabyte in one pair of brackets with a mistake at its end': `{x: {${many(45_000, (i) => `b${i}: "some text"`).join(', ')}, z: "a" b}}`,
  'a megabyte in one pair of brackets with a mistake at its beginning': `{x: {z: "a" b, ${many(45_000, (i) => `b${i}: "some text"`).join(', ')}}}`,
  'a bracket that is open for a megabyte': `{x: {${many(45_000, (i) => `b${i}: "some text"`).join(', ')}`,
  'a megabyte of commas': `{x: [${repeat(',', 1_000_000)}]}`,
  'closing brackets in a row': repeat('}\n', 20_000),
  'dashes in a row': repeat('- ', 20_000),
}
