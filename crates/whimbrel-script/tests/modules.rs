//! Modules as they are read: what is left of them without types, and what is
//! refused.

use miette::Diagnostic;
use whimbrel_script::{Language, Module};

const MIGRATION: &str = "export default { version: 1, async up() {} };\n";

/// What is left of TypeScript; the migration at its end is cut off.
fn left(text: &str) -> String {
    let whole = format!("{text}\n{MIGRATION}");
    let module = Module::read(Language::TypeScript, 1, "0001_a.ts", &whole);
    let code = module.unwrap_or_else(|error| panic!("{text}\n{error}")).code().to_owned();
    // Whatever is left is where it was.
    assert_eq!(code.len(), whole.len(), "{text}");
    let is_kept = |(new, old): (u8, u8)| new == old || matches!(new, b' ' | b';' | b'(' | b')');
    assert!(code.bytes().zip(whole.bytes()).all(is_kept), "{code}");
    code.strip_suffix(&format!("\n{MIGRATION}")).unwrap_or_else(|| panic!("{code}")).to_owned()
}

/// Code, help and message of what is refused.
fn refused(language: Language, text: &str) -> String {
    let error = Module::read(language, 1, "0001_a.ts", text).expect_err(text);
    format!("{} {error}\n{}", error.code().unwrap(), error.help().unwrap())
}

/// How many spaces there are makes no difference here.
fn trimmed(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn types_become_spaces() {
    let cases = [
        ("const a: number = 1;", "const a         = 1;"),
        (
            "let a!: string, b: [x: number, y?: string][] = [];",
            "let a         , b                            = [];",
        ),
        (
            "function f<T extends { a: 1 }>(this: Foo, a?: T, ...b: T[]): a is Bar { return 1 }",
            "function f                    (           a    , ...b     )           { return 1 }",
        ),
        ("const f = async <T,>(a: T): Promise<T> => a;", "const f = async     (a   )             => a;"),
        (
            "f<string>(a!, b as unknown as string, c satisfies D);",
            "f        (a , b                     , c            );",
        ),
        ("new Map<string, Array<number>>();", "new Map                       ();"),
        ("tag<string>`x${a as number}`;", "tag        `x${a          }`;"),
        ("const g = f<string>;", "const g = f        ;"),
        ("for (const x of y as Iterable<number>) {}", "for (const x of y                    ) {}"),
        ("try {} catch (e: unknown) {}", "try {} catch (e         ) {}"),
        ("interface A { b: string }", ";"),
        ("export interface A { b: string }", ";"),
        ("type A = { b: string } | (() => void)", ";"),
        ("export type { A } from './a';", ";"),
        ("export { type A, type B };", "export {               };"),
        ("import type { A } from 'kontract/migration';", ";"),
        ("import { type A, type B } from 'a';", ";"),
        ("declare const x: string;", ";"),
        ("declare module 'a' { }", ";"),
        ("declare global { interface A {} }", ";"),
        ("declare enum A { B }", ";"),
        ("declare namespace N { const a: string }", ";"),
        ("export declare function f(): void;", ";"),
        ("function f(a: string): void;\nfunction f(a: any) { }", ";\nfunction f(a     ) { }"),
        ("const { a, b }: { a: string; b: number } = c;", "const { a, b }                           = c;"),
        (
            "const o = { f<T>(a: T): void {}, get b(): string { return '' } };",
            "const o = { f   (a   )       {}, get b()         { return '' } };",
        ),
        ("const ä: 'größe' = '😀' as string;", "const ä            = '😀'          ;"),
    ];
    for (text, expected) in cases {
        assert_eq!(trimmed(&left(text)), trimmed(expected), "{text}");
    }
}

#[test]
fn classes_keep_what_runs() {
    let text = "abstract class A<T> extends B<T> implements C, D<T> {\n  private a: string = '';\n  static readonly b?: number;\n  \
                declare c: string;\n  [key: string]: any;\n  public constructor(readonly: string) { super() }\n  \
                abstract d(): void;\n  e(a: string): void;\n  protected override e(a?: any): void {}\n  f!: string\n  \
                'g'?: string = 'x' as any\n  private ['h']: string = ''\n}";
    let expected = "         class A    extends B                       {\n;         a         = '';\n  static          b         ;\n  \
                    ;\n  ;\n;        constructor(readonly        ) { super() }\n  \
                    ;\n  ;\n;                   e(a      )       {}\n  f        ;\n  \
                    'g'          = 'x'       ;\n;        ['h']         = ''\n}";
    assert_eq!(trimmed(&left(text)), trimmed(expected));
}

#[test]
fn a_line_that_ended_with_a_type_still_ends_there() {
    let cases = [
        ("const a = b as string\n(c)", "const a = b         ;\n(c)"),
        ("a = b satisfies C\n[1].map(f)", "a = b           ;\n[1].map(f)"),
        ("foo()\ntype A = 1\n(bar)", "foo()\n;\n(bar)"),
        ("class A {\n  a = 1 as number\n  ['b']\n}", "class A {\n  a = 1          ;\n  ['b']\n}"),
        ("class A {\n  get: string\n  b() {}\n}", "class A {\n  get       ;\n  b() {}\n}"),
        (
            "class A {\n  a = 1\n  public ['b'] = 2\n  private *c() {}\n}",
            "class A {\n  a = 1\n  ;      ['b'] = 2\n  ;       *c() {}\n}",
        ),
        ("const f = (a): {\n  b: string\n} => a;", "const f = (a\n\n) => a;"),
        ("const f = async <\n  T,\n>(a: T) => a;", "const f = async (\n\n  a   ) => a;"),
    ];
    for (text, expected) in cases {
        assert_eq!(trimmed(&left(text)), trimmed(expected), "{text}");
    }
}

#[test]
fn what_a_compiler_would_make_is_refused() {
    let only = "only types that can be left out are understood; write it in JavaScript";
    let import = "write what it needs into the file; types come with `import type`";
    let cases = [
        (
            "enum A { B }",
            "not_erasable",
            "1:1",
            "an `enum` is made by a compiler",
            "write an object: `const Colour = { Red: 'red' } as const;`",
        ),
        (
            "const enum A { B }",
            "not_erasable",
            "1:1",
            "an `enum` is made by a compiler",
            "write an object: `const Colour = { Red: 'red' } as const;`",
        ),
        (
            "1;\nnamespace A { export const b = 1 }",
            "not_erasable",
            "2:1",
            "a `namespace` is made by a compiler",
            only,
        ),
        (
            "class A { constructor(private b: string) {} }",
            "not_erasable",
            "1:23",
            "a parameter that is a property is made by a compiler",
            only,
        ),
        ("@a class A {}", "not_erasable", "1:1", "decorators are made by a compiler", only),
        (
            "class A { accessor b = 1 }",
            "not_erasable",
            "1:11",
            "the keyword `accessor` is not known to the engine",
            only,
        ),
        (
            "const a = <string>b;",
            "not_erasable",
            "1:11",
            "a type before a value is not understood",
            "write `value as Type`",
        ),
        (
            "export = 1;",
            "not_erasable",
            "1:1",
            "`export =` is of another kind of module",
            "write `export default`",
        ),
        ("import a = require('a');", "import", "1:1", "a script imports nothing", import),
        ("import a from 'a';", "import", "1:1", "a script imports nothing", import),
        ("import 'a';", "import", "1:1", "a script imports nothing", import),
        ("import { A } from 'kontract/migration';", "import", "1:1", "a script imports nothing", import),
        ("export * from 'a';", "import", "1:1", "a script imports nothing", import),
        ("export { a } from 'a';", "import", "1:1", "a script imports nothing", import),
    ];
    for (text, code, at, message, help) in cases {
        assert_eq!(
            refused(Language::TypeScript, &format!("{text}\n{MIGRATION}")),
            format!("whimbrel::script::{code} 0001_a.ts:{at}: {message}\nnothing was run; {help}"),
        );
    }
}

#[test]
fn what_is_no_migration_is_refused() {
    let shape = "write `export default { version, up: async (db) => {}, down: async (db) => {} }`";
    let cases = [
        ("", "shape 0001_a.ts:1:1: it has no default export", shape),
        ("export const up = 1;", "shape 0001_a.ts:1:1: it has no default export", shape),
        (
            "export default { up() {} };",
            "shape 0001_a.ts:1:16: what it exports has no `version`",
            "the version is the number of the file",
        ),
        (
            "export default { version: 2, up() {} };",
            "shape 0001_a.ts:1:27: its `version` is 2, and the number of its file is 1",
            "the two must agree: put the version right, or the name of the file",
        ),
        (
            "const m = { version: 1 };\nexport default m;",
            "shape 0001_a.ts:1:11: what it exports has no `up`",
            "write `up: async (db) => { await db.exec('...'); }`",
        ),
        ("export default {", "syntax 0001_a.ts:1:17: expected `}` but found `EOF`", ""),
        (
            "let a; let a;\nexport default { version: 1, up() {} };",
            "syntax 0001_a.ts:1:13: invalid redefinition of global identifier",
            "",
        ),
    ];
    for language in [Language::TypeScript, Language::JavaScript] {
        for (text, expected, help) in cases {
            let told = refused(language, text);
            let help = if help.is_empty() { String::new() } else { format!("\nnothing was run; {help}") };
            assert!(
                told.starts_with(&format!("whimbrel::script::{expected}")) && told.ends_with(&help),
                "{told}"
            );
        }
    }
    let typed = refused(Language::JavaScript, &format!("const a: number = 1;\n{MIGRATION}"));
    assert!(typed.starts_with("whimbrel::script::syntax 0001_a.ts:1:7: "), "{typed}");
}

#[test]
fn the_forms_of_the_specification_are_understood() {
    let forms = [
        "import type { Migration, MigrationDB } from 'kontract/migration';\n\nexport default {\n  version: 1,\n  up: async (db: MigrationDB) => {},\n} satisfies Migration;\n",
        "export default ({ version: 1, up: async function (db) {} } as const);\n",
        "const migration: Migration = { version: 1, async up(db: DB): Promise<void> {} };\nexport default migration;\n",
        "const make = (version: number) => ({ version, up: async () => {} });\nexport default make(1);\n",
        "const rest = { up() {} };\nexport default { version: 1, ...rest };\n",
        "\u{feff}export default { 'version': 1, 'up': async (db) => {} };\r\n",
    ];
    for text in forms {
        if let Err(error) = Module::read(Language::TypeScript, 1, "0001_a.ts", text) {
            panic!("{text}\n{error}");
        }
    }
}

#[test]
fn a_way_back_with_nothing_in_it_is_none() {
    let cases = [
        ("", false),
        ("down() {},", false),
        ("down: async (db) => {\n    // Reverse the up migration\n  },", false),
        ("down: async (db) => { await db.exec('SELECT 1') },", true),
        ("down: async (db) => db.exec('SELECT 1'),", true),
        ("down: back,", true),
        ("...rest,", true),
    ];
    for (down, expected) in cases {
        let text = format!("export default {{ version: 1, up() {{}}, {down} }};");
        assert_eq!(
            Module::read(Language::JavaScript, 1, "0001_a.js", &text).unwrap().goes_back(),
            expected,
            "{down}"
        );
    }
}

#[test]
fn a_text_that_is_nested_beyond_reason_is_refused() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("!", ""), ("x => ", ""), ("{ a: ", "}"), ("1 ? 1 : ", ""), ("`${", "}`")]
    {
        for depth in [100, 200_000] {
            let text = format!("const a = {}1{};\n{MIGRATION}", open.repeat(depth), close.repeat(depth));
            let read = Module::read(Language::TypeScript, 1, "0001_a.ts", &text);
            assert_eq!(
                read.is_ok(),
                depth == 100,
                "{open} {depth}: {:?}",
                read.err().map(|error| error.message)
            );
        }
    }
}
