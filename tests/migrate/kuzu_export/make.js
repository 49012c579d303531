// Makes the folders beside it anew: npm install kuzu@0.11.3, then node make.js DATABASE
const kuzu = require('kuzu');
const path = require('path');

const types = [
  `CREATE NODE TABLE Everything(id INT64, i8 INT8, i16 INT16, i32 INT32, i128 INT128, u8 UINT8, u16 UINT16, u32 UINT32,
     u64 UINT64, f FLOAT, d DOUBLE, s STRING, b BOOL, day DATE, ts TIMESTAMP, ts_ns TIMESTAMP_NS, ts_ms TIMESTAMP_MS,
     ts_s TIMESTAMP_SEC, ts_tz TIMESTAMP_TZ, iv INTERVAL, u UUID, bl BLOB, li INT64[], ls STRING[], ll INT64[][],
     arr FLOAT[4], darr DOUBLE[2], st STRUCT(a INT64, b STRING), mp MAP(STRING, INT64), mi MAP(INT64, STRING[]),
     un UNION(num INT64, txt STRING), dec DECIMAL(10, 2), ld DATE[], lst STRUCT(x DOUBLE, y STRING)[], PRIMARY KEY(id))`,
  'CREATE NODE TABLE Serial(nr SERIAL, name STRING, PRIMARY KEY(nr))',
  `CREATE (:Everything {id: 1, i8: -128, i16: -5, i32: 77, i128: 12, u8: 255, u16: 65535, u32: 4294967295, u64: 9,
     f: 1.5, d: 1e20, s: 'a "quoted" one,\nnext line \\\\ it\\'s', b: true, day: date('2020-01-02'),
     ts: timestamp('2020-01-02 03:04:05.678901'), ts_ns: cast('2020-01-02 03:04:05.123456' as TIMESTAMP_NS),
     ts_ms: cast('2020-01-02 03:04:05.123' as TIMESTAMP_MS), ts_s: cast('2020-01-02 03:04:05' as TIMESTAMP_SEC),
     ts_tz: cast('2020-01-02 03:04:05.25+02:00' as TIMESTAMP_TZ),
     iv: interval('1 year 2 months 3 days 4 hours 5 minutes 6 seconds 7 milliseconds 8 microseconds'),
     u: uuid('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), bl: blob('\\\\xAA\\\\x00b,'), li: [1, -2, 3], ls: ['a', 'say "x"', 'c'],
     ll: [[1, 2], [], [3]], arr: cast([1.5, 2.5, 0.25, -4] as FLOAT[4]), darr: [1.25, 0.5], st: {a: 1, b: 'x, y'},
     mp: map(['k', 'l'], [1, 2]), mi: map([7], [['p', 'q']]), un: union_value(num := 5), dec: 12345.67,
     ld: [date('2020-01-01'), date('1969-12-31')], lst: [{x: 1.0, y: 'a'}, {x: 2.0, y: 'b}'}]})`,
  'CREATE (:Everything {id: 2})',
  `CREATE (:Everything {id: 3, i128: 170141183460469231731687303715884105727, u64: 18446744073709551615, s: '', li: [1, NULL],
     ls: ['', NULL], d: cast('nan' as DOUBLE), f: cast('-inf' as FLOAT), b: false, day: date('0001-01-01'),
     ts: timestamp('1969-12-31 23:59:59'), iv: interval('1 month') - interval('3 years 5 days 1 microseconds'), bl: blob(''),
     st: {a: cast(NULL as INT64), b: 'v'}, un: union_value(txt := 'five'), mp: map(['k', 'l=m, n'], [1, 2]), ll: []})`,
  "CREATE (:Everything {id: 4, s: 'NULL', iv: interval('1 hours') - interval('3 hours 2 minutes 1 second'), ls: ['']})",
  "CREATE (:Serial {name: 'a'})", "CREATE (:Serial {name: 'b'})",
];

const social = [
  'CREATE NODE TABLE Person(name STRING, age INT64, PRIMARY KEY(name))',
  'CREATE NODE TABLE `Big City`(id UINT32, `the "name"` STRING, PRIMARY KEY(id))',
  'CREATE REL TABLE Knows(FROM Person TO Person, since DATE, note STRING, MANY_MANY)',
  'CREATE REL TABLE LivesIn(FROM Person TO `Big City`, MANY_ONE)',
  'CREATE REL TABLE Near(FROM Person TO `Big City`, FROM Person TO Person, FROM `Big City` TO `Big City`, km DOUBLE)',
  'CREATE SEQUENCE counter START 5', 'CREATE MACRO twice(x) AS x + x',
  `CREATE (:Person {name: 'Ada', age: 36}), (:Person {name: 'Bob | the "builder"'}), (:Person {name: '1'}),
     (:\`Big City\` {id: 1, \`the "name"\`: 'Paris'}), (:\`Big City\` {id: 2, \`the "name"\`: 'Rome'})`,
  `MATCH (a:Person {name: 'Ada'}), (b:Person) WHERE b.name STARTS WITH 'Bob'
     CREATE (a)-[:Knows {since: date('2001-02-03'), note: 'x'}]->(b), (b)-[:Knows {note: ''}]->(a), (a)-[:Near {km: 0.5}]->(b)`,
  `MATCH (a:Person {name: '1'}), (c:\`Big City\` {id: 1}), (d:\`Big City\` {id: 2})
     CREATE (a)-[:LivesIn]->(c), (a)-[:Near {km: 1.5}]->(c), (c)-[:Near]->(d)`,
];

async function make(name, statements, options) {
  const connection = new kuzu.Connection(new kuzu.Database(process.argv[2] + '-' + name), 1);
  for (const statement of statements) await connection.query(statement);
  await connection.query(`EXPORT DATABASE '${path.join(__dirname, name)}' (format="csv"${options})`);
}

(async () => {
  await make('types', types, '');
  await make('social', social, ', header=true, delim="|"');
  process.exit(0);
})().catch(e => { console.error(String(e)); process.exit(1); });
