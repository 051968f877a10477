import { expect, test } from 'vitest'
import { parseJunit } from './junit.ts'
import { openJunitReader } from './junit-reader.ts'

test('successes, failures, errors and skips are read with their messages and times [I-018]', () => {
  const { tests } = parseJunit(`<testsuites><testsuite>
    <testcase classname="A" name="adds" time="0.5" file="a.ts"/>
    <testcase classname="A" name="breaks" time="1,000.25"><failure message="expected 1">at line 3</failure></testcase>
    <testcase classname="A" name="explodes"><error><![CDATA[boom <tag>]]></error></testcase>
    <testcase classname="A" name="later"><skipped/></testcase></testsuite></testsuites>`)

  expect(tests.map((entry) => [entry.name, entry.result, entry.runTime])).toEqual([
    ['adds', 'success', 0.5],
    ['breaks', 'failure', 1000.25],
    ['explodes', 'error', 0],
    ['later', 'skipped', 0],
  ])
  expect(tests[1]?.message).toBe('expected 1\nat line 3')
  expect(tests[2]?.message).toBe('boom <tag>')
})

test('what is not JUnit is said, not thrown', () => {
  for (const xml of ['<html><body/></html>', 'not xml', '', '<testsuite><testcase']) {
    expect(parseJunit(xml)).toEqual({ tests: [], problem: expect.any(String) })
  }
})

const dialects: readonly (readonly [string, string, readonly (readonly [string, string, string | null, string])[]])[] =
  [
    [
      'pytest',
      `<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.1">
      <testcase classname="tests.test_shop" name="test_buy[1-a]" time="0.01"/>
      <testcase classname="tests.test_shop" name="test_sell" time="0.02"><failure message="AssertionError: &#27;[31mno&#27;[0m">def test_sell()</failure></testcase>
      <testcase classname="tests.test_shop" name="test_later"><skipped type="pytest.skip" message="later">x</skipped></testcase></testsuite></testsuites>`,
      [
        ['tests.test_shop', 'test_buy[1-a]', null, 'success'],
        ['tests.test_shop', 'test_sell', null, 'failure'],
        ['tests.test_shop', 'test_later', null, 'skipped'],
      ],
    ],
    [
      'jest-junit and mocha, whose suites tell the file',
      `<testsuites name="jest tests"><testsuite name="cart" file="src/cart.test.js"><testcase classname="cart adds" name="cart adds" time="0.003"></testcase>
      <testcase classname="cart fails" name="cart fails" time="0.001"><failure>Error: no
 at x</failure></testcase></testsuite></testsuites>`,
      [
        ['cart adds', 'cart adds', 'src/cart.test.js', 'success'],
        ['cart fails', 'cart fails', 'src/cart.test.js', 'failure'],
      ],
    ],
    [
      'surefire, with reruns: a flaky test has passed',
      `<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="com.acme.ShopTest" time="1"><properties><property name="a" value="b"/></properties>
      <testcase name="flaky" classname="com.acme.ShopTest" time="0.1"><flakyFailure message="once" type="X"><stackTrace>t</stackTrace></flakyFailure><system-out>printed</system-out></testcase>
      <testcase name="broken" classname="com.acme.ShopTest" time="0.1"><failure message="m" type="X">t</failure><rerunFailure message="again" type="X"/></testcase></testsuite>`,
      [
        ['com.acme.ShopTest', 'flaky', null, 'success'],
        ['com.acme.ShopTest', 'broken', null, 'failure'],
      ],
    ],
    [
      'go-junit-report',
      `<testsuites tests="2"><testsuite name="example.com/shop" tests="2" time="0.002"><properties><property name="go.version" value="1.22"/></properties>
      <testcase name="TestBuy/two_items" classname="example.com/shop" time="0.000"/><testcase name="TestSell" classname="shop" time="0"><failure message="Failed" type=""><![CDATA[shop_test.go:9: no]]></failure></testcase></testsuite></testsuites>`,
      [
        ['example.com/shop', 'TestBuy/two_items', null, 'success'],
        ['shop', 'TestSell', null, 'failure'],
      ],
    ],
    [
      'phpunit, suites in suites',
      `<testsuites><testsuite name="all"><testsuite name="Shop\\CartTest" file="/app/tests/CartTest.php"><testsuite name="Shop\\CartTest::testAdds">
      <testcase name="testAdds with data set #0" class="Shop\\CartTest" classname="Shop.CartTest" file="/app/tests/CartTest.php" line="9" assertions="1" time="0.1"/></testsuite>
      <testcase name="testBreaks" class="Shop\\CartTest" file="/app/tests/CartTest.php"><error type="E">x</error></testcase></testsuite></testsuite></testsuites>`,
      [
        ['Shop.CartTest', 'testAdds with data set #0', '/app/tests/CartTest.php', 'success'],
        ['Shop\\CartTest', 'testBreaks', '/app/tests/CartTest.php', 'error'],
      ],
    ],
    [
      'rspec',
      `<testsuite name="rspec" tests="2"><properties><property name="seed" value="1"/></properties><testcase classname="spec.models.cart_spec" name="Cart adds" file="./spec/models/cart_spec.rb" time="0.01"></testcase>
      <testcase classname="spec.models.cart_spec" name="Cart later" file="./spec/models/cart_spec.rb" time="0"><skipped/></testcase></testsuite>`,
      [
        ['spec.models.cart_spec', 'Cart adds', './spec/models/cart_spec.rb', 'success'],
        ['spec.models.cart_spec', 'Cart later', './spec/models/cart_spec.rb', 'skipped'],
      ],
    ],
    [
      'Google Test, where a case says it was not run',
      `<testsuites><testsuite name="Cart"><testcase name="Adds" status="run" classname="Cart" time="0."/><testcase name="Later" status="notrun" classname="Cart"/></testsuite></testsuites>`,
      [
        ['Cart', 'Adds', null, 'success'],
        ['Cart', 'Later', null, 'skipped'],
      ],
    ],
  ]

test.each(dialects)('results of %s are read [I-018]', (_who, xml, expected) => {
  const { tests, problem } = parseJunit(xml)

  expect(problem).toBeUndefined()
  expect(tests.map((entry) => [entry.classname, entry.name, entry.file, entry.result])).toEqual(expected)
})

test.each([
  ['1.5', 1.5],
  ['1,234.5', 1234.5],
  ['1,234', 1234],
  ['0,5', 0.5],
  ['0,123', 0.123],
  ['12,0345', 12.0345],
  ['1e-3', 0.001],
  ['soon', 0],
  ['-1', 0],
])('a time of %s is %d seconds [I-018]', (time, seconds) => {
  const { tests } = parseJunit(`<testsuite><testcase name="x" time="${time}"/></testsuite>`)

  expect(tests.map((one) => one.runTime)).toEqual([seconds])
})

test('files in other encodings, with a mark at their beginning, or with bytes XML forbids are read', () => {
  const xml = '<testsuite><testcase classname="Käse" name="a\u001b[0m\u0000"/></testsuite>'
  const files = [
    Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`, 'latin1'),
    Buffer.from(`\ufeff<?xml version="1.0"?>${xml}`),
    Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(xml, 'utf16le')]),
  ]

  for (const file of files) expect(parseJunit(file).tests.map((entry) => entry.classname)).toEqual(['Käse'])
})

test('a file that breaks off gives what was whole, and says so', () => {
  const { tests, problem } = parseJunit('<testsuite><testcase name="one"/><testcase name="two"><failure>half')

  expect(tests.map((entry) => entry.name)).toEqual(['one'])
  expect(problem).toEqual(expect.any(String))
})

test('a large file is read while the agent goes on, and one that takes too long costs only itself', async () => {
  const large = Buffer.from(`<testsuite>${'<testcase classname="c" name="n" time="1"/>'.repeat(100_000)}</testsuite>`)
  const reader = openJunitReader()
  const hasty = openJunitReader(1)
  let turns = 0
  const turning = setInterval(() => turns++, 1)

  const parsed = await reader.read(large)
  const small = await reader.read(Buffer.from('<testsuite><testcase name="x"/></testsuite>'))
  const late = await hasty.read(large)
  clearInterval(turning)
  await Promise.all([reader.close(), hasty.close()])

  expect(parsed.tests).toHaveLength(100_000)
  expect(small.tests).toHaveLength(1)
  expect(late).toEqual({ tests: [], problem: expect.stringContaining('too long') })
  expect(turns).toBeGreaterThan(3)
})
