import { spawnSync } from 'node:child_process'

/** Images the sample may use, best first; the first that the engine has is taken. */
const images = ['cimg/base:2025.05-20.04', 'cimg/base:current', 'debian:bookworm', 'debian:stable', 'ubuntu:latest']

/** An image with bash, git and tar: one that is here already, else one to be pulled. */
export function sampleImage(): string {
  const listed =
    spawnSync('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' }).stdout ?? ''
  const present = new Set(listed.split('\n'))
  return images.find((image) => present.has(image)) ?? 'cimg/base:current'
}

export function sampleFiles(image: string): Readonly<Record<string, string>> {
  return {
    'README.md': '# Sample\n\nA small project that shows what a pipeline can do. Change something and push.\n',
    'src/words.txt': 'one\ntwo\nthree\nfour\nfive\nsix\n',
    'test/check.sh':
      '#!/bin/sh\n# Counts words as a test suite would, and writes its result as JUnit XML.\nset -e\nmkdir -p results\ncount=$(wc -l <src/words.txt)\nprintf \'<testsuite name="words"><testcase classname="words" name="there are six" time="0.01"/></testsuite>\' >results/words.xml\necho "counted $count words"\ntest "$count" -eq 6\n',
    '.circleci/config.yml': `version: 2.1

executors:
  linux:
    docker:
      - image: ${image}
    resource_class: small

jobs:
  build:
    executor: linux
    steps:
      - checkout
      - restore_cache:
          keys:
            - words-v1-{{ checksum "src/words.txt" }}
      - run:
          name: Sort the words
          command: |
            mkdir -p out cache
            [ -f cache/sorted ] || sort src/words.txt > cache/sorted
            cp cache/sorted out/words.txt
            echo "sorted $(wc -l < out/words.txt) words"
      - save_cache:
          key: words-v1-{{ checksum "src/words.txt" }}
          paths: [cache]
      - persist_to_workspace:
          root: .
          paths: [out]
      - store_artifacts:
          path: out

  test:
    parameters:
      suite:
        type: enum
        enum: [quick, thorough]
    executor: linux
    steps:
      - checkout
      - attach_workspace:
          at: .
      - run:
          name: Run the << parameters.suite >> tests
          command: sh test/check.sh
      - store_test_results:
          path: results

  publish:
    executor: linux
    steps:
      - attach_workspace:
          at: .
      - run: echo "would publish $(wc -c < out/words.txt) bytes"

workflows:
  main:
    jobs:
      - build
      - test:
          matrix:
            parameters:
              suite: [quick, thorough]
          requires: [build]
      - approve-publish:
          type: approval
          requires: [test]
      - publish:
          requires: [approve-publish]
`,
  }
}
