import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { recordBody, testEndpoint, utf8 } from '../endpoint.test-support.ts'

test('DDL: tables with every clause are created, described, changed and dropped', async (t) => {
  const client = await testEndpoint(t)
  const created = await client.sql(`
    -- a comment; with a semicolon
    CREATE TABLE IF NOT EXISTS proj.\`Orders\` (
      \`id\` BIGINT NOT NULL COMMENT 'the ''key''',
      price DECIMAL(10,2), tags ARRAY<STRING>, attributes MAP<STRING,BIGINT>,
      address STRUCT<city:STRING,zip:INT>
    ) COMMENT "it's orders" PARTITIONED BY (dt STRING COMMENT 'day', hh INT)
    TBLPROPERTIES ('a'='b') LIFECYCLE 30;`)
  assert.equal(created, '')
  const ddl = await client.sql('show create table orders')
  for (const part of ['`id` BIGINT NOT NULL COMMENT', 'ARRAY<STRING>', 'LIFECYCLE 30', "'a'='b'"]) {
    assert.ok(ddl.includes(part), ddl)
  }
  await client.sql(
    `alter table orders add if not exists partition (dt='a', hh=01) partition (dt='b', hh='2')`,
  )
  await client.sql('alter table orders add columns (note string)')
  assert.match(await client.sql('desc orders'), /note +\| string/)
  assert.equal(await client.sql('show partitions orders'), 'dt=a/hh=1\ndt=b/hh=2\n')
  await client.sql(`alter table orders drop if exists partition (dt='a', hh=1)`)
  await client.sql('create table if not exists copy like orders')
  assert.match(await client.sql('show tables'), /:copy\n.*:orders\n/)
  await client.sql('drop table orders; drop table if exists orders')
  assert.match(await client.sql('drop table orders'), /^ODPS-0130131:\[1,12\]/)
})

test('INSERT: into, overwrite, static and dynamic partitions, from the table itself', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint, name string) partitioned by (dt string, hh bigint)')
  await client.sql(`insert into table t partition (dt='a', hh=1) values (1, 'x'), (2L, "y")`)
  await client.sql(`insert into t partition (dt, hh) select id + 10, name, 'b', hh + id from t`)
  assert.equal(await client.sql('show partitions t'), 'dt=a/hh=1\ndt=b/hh=2\ndt=b/hh=3\n')
  await client.sql(
    `insert overwrite table t partition (dt='a', hh=1) select id * 2, name from t where dt = 'a'`,
  )
  assert.equal(await client.sql('select id from t order by id'), '2\n4\n11\n12')
  await client.sql(
    `insert overwrite table t partition (dt='a', hh=1) select id, name from t where false`,
  )
  assert.equal(await client.sql('select id from t order by id'), '11\n12')
  await client.sql(`insert into t partition (dt='c', hh=9) (name) values ('only')`)
  assert.equal(await client.sql(`select * from t where dt = 'c'`), '\\N,"only","c",9')
  await client.sql(`truncate table t partition (dt='b', hh=2)`)
  await client.sql('create table s as select name, count(*) as n from t group by name')
  assert.equal(await client.sql('select * from s order by name'), '"only",1\n"y",1')
  assert.match(
    await client.sql('insert into s values (1)'),
    /ODPS-0130071:\[1,13\].*1 columns.*takes 2/,
  )
})

suite('queries are translated', () => {
  const cases: [string, string][] = [
    ['select 7 div 2, 7 / 2, 7 % 2', '3,3.5,1'],
    [String.raw`select 'it\'s', "a\"b", 'tab\t', "x''y"`, `"it's","a""b","tab\t","x''y"`],
    [
      "select cast('12' as bigint) + 1L, cast(1 as string), cast(1.5 as decimal(10,2))",
      '13,"1",1.50',
    ],
    ['select cast(array(1, 2) as array<string>)', '"[""1"",""2""]"'],
    ['select 1 from dual', '1'],
    ["select '12' = 12, null <=> null, 1 == 1 && true", 'true,true,true'],
    ["select datetime '2024-01-15 08:00:00', date '2024-02-29'", '2024-01-15 08:00:00,2024-02-29'],
    ['select x from (values (1), (2), (3)) v(x) order by x limit 1, 2', '2\n3'],
    ['select x from (values (2), (null), (1)) v(x) order by x', '\\N\n1\n2'],
    ['with q as (select 1 as `Order`) select `order`, count(*) from q group by `order`', '1,1'],
    ['set odps.sql.type.system.odps2=true; select nvl(null, 5), 1.5BD', '5,1.500000000000000000'],
    [
      "select get_json_object('{\"a\":{\"b\":3}}', '$.a.b'), concat('a', 'b'), length('你好')",
      '"3","ab",2',
    ],
  ]
  for (const [query, expected] of cases) {
    test(query, async (t) => {
      const client = await testEndpoint(t)
      assert.equal(await client.sql(query), expected)
    })
  }
})

suite('errors have the number and the place', () => {
  const cases: [string, RegExp][] = [
    ['select 1;\nselect *\n  from nope', /^ODPS-0130131:\[3,8\] Table not found - table proj.nope/],
    ['select * from other.nope', /^ODPS-0130131:\[1,15\] Table not found/],
    ['select frm t where', /^ODPS-0130\d+:\[1,/],
    [
      'select\n  foo(1)',
      /^ODPS-0130071:\[2,3\] Semantic analysis exception - function or view 'foo'/,
    ],
    ['select "abc', /^ODPS-0130161:\[1,8\] Parse exception - invalid token/],
    ['explode everything', /^ODPS-0130161:\[1,1\] Parse exception/],
    ['create table x (id nosuch)', /^ODPS-0130161:\[1,20\].*unknown type 'nosuch'/],
    ['create table x (id bigint, ID string)', /^ODPS-0130071.*defined twice/],
    ["select cast('abc' as bigint)", /^ODPS-0123091:.*abc/],
    ['drop table x.y.z', /^ODPS-0130161.*schema 'y' is not supported/],
    ['', /^ODPS-0130161.*the query is empty/],
  ]
  for (const [query, expected] of cases) {
    test(query === '' ? '(empty)' : query, async (t) => {
      const client = await testEndpoint(t)
      assert.match(await client.sql(query), expected)
    })
  }
})

test('a table that exists already is refused, unless IF NOT EXISTS', async (t) => {
  const client = await testEndpoint(t)
  await client.sql('create table t (id bigint)')
  assert.match(await client.sql('create table t (id bigint)'), /^ODPS-0130211:\[1,14\]/)
  assert.equal(await client.sql('create table if not exists t (id bigint)'), '')
})

test('SQL cannot read files or the tables of the endpoint itself by accident', async (t) => {
  const client = await testEndpoint(t)
  assert.match(await client.sql("select * from read_text('/etc/hostname')"), /^ODPS-/)
})

test('every type goes through DuckDB and comes back byte for byte', async (t) => {
  const client = await testEndpoint(t)
  const ddl = [
    'tinyint',
    'smallint',
    'int',
    'bigint',
    'boolean',
    'float',
    'double',
    'string',
    'varchar(9)',
    'char(3)',
    'binary',
    'date',
    'datetime',
    'timestamp',
    'timestamp_ntz',
    'decimal(4,1)',
    'decimal(9,2)',
    'decimal(18,3)',
    'decimal(38,18)',
    'json',
    'interval_day_time',
    'interval_year_month',
    'array<array<int>>',
    'map<string,decimal(5,2)>',
    'struct<a:timestamp,b:binary>',
  ]
  await client.sql(`create table t (${ddl.map((type, i) => `c${i} ${type}`).join(', ')})`)
  const time = { seconds: -1n, nanos: 999_999_999 }
  const rows = [
    [
      -128n,
      32_767n,
      -2_147_483_648n,
      -(2n ** 63n) + 1n,
      true,
      -0,
      5e-324,
      utf8(''),
      utf8('a'.repeat(9)),
      utf8('你好'),
      Buffer.from('00ff', 'hex'),
      -719_162n,
      253_402_300_799_999n,
      time,
      time,
      utf8('-999.9'),
      utf8('1234567.89'),
      utf8('0.001'),
      utf8('-99999999999999999999.999999999999999999'),
      utf8('{"a":1}'),
      { seconds: 90_061n, nanos: 5 },
      -3n,
      [[1n, null], null, []],
      {
        entries: [
          [utf8('k'), utf8('1.25')],
          [utf8('l'), null],
        ] as const,
      },
      [time, Buffer.from('ff', 'hex')],
    ],
    ddl.map(() => null),
  ]
  const types = ddl.join(';')
  await client.load('t', types, rows)
  const session = await client.json('POST', '/projects/proj/tables/t?downloads')
  const target = `/projects/proj/tables/t?data&downloadid=${session.DownloadID}&rowrange=(0,2)`
  const downloaded = await client.send('GET', target)
  assert.deepEqual(downloaded.body, recordBody(types, rows), downloaded.body.toString())
  const arrow = await client.send('GET', `${target}&arrow`)
  await client.sql('create table u like t')
  const { UploadID: id } = await client.createUpload('u')
  const put = await client.putBlock('u', id, 0, arrow.body, { query: '&arrow' })
  assert.equal(put.status, 200, put.body.toString())
  await client.complete('u', id)
  const again = await client.json('POST', '/projects/proj/tables/u?downloads')
  const second = await client.send(
    'GET',
    `/projects/proj/tables/u?data&downloadid=${again.DownloadID}&rowrange=(0,2)`,
  )
  assert.deepEqual(second.body, recordBody(types, rows), 'through Arrow and back')
})
