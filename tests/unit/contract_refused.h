/*
 * What the contract compiler refuses. Each case is one small file; "HEAD"
 * stands for a good header and "TAIL" for a method and the closing brace, so
 * that a case shows only what is wrong.
 */
#ifndef NUNCIO_TESTS_CONTRACT_REFUSED_H
#define NUNCIO_TESTS_CONTRACT_REFUSED_H

#define HEAD "contract a = 1 version 1 {\n"
#define TAIL "method last = 99 () -> ();\n}\n"

struct refused {
    const char *name;
    const char *text;
    const char *error; /* the first one: LINE:COLUMN: REASON */
};

static const struct refused syntax[] = {
    {"empty file", "",
     "1:1: syntax error, unexpected end of file, expecting 'contract'"},
    {"no closing brace", HEAD "method m = 1 () -> ();",
     "2:22: syntax error, unexpected end of file"},
    {"text behind", HEAD TAIL "x",
     "4:1: syntax error, unexpected name, expecting end of file"},
    {"open comment", HEAD "/* x\n\n", "2:1: comment has no end"},
    {"strange character", HEAD "$" TAIL, "2:1: unexpected character '$'"},
    {"strange byte", HEAD "\x01" TAIL, "2:1: unexpected byte 0x01"},
    {"number with letters", HEAD "method m = 12x () -> ();\n" TAIL,
     "2:12: '12x' is not a number, and not a C identifier"},
    {"number over 64 bits",
     HEAD "enum e : u64 { A = 18446744073709551616 }" TAIL,
     "2:20: '18446744073709551616' does not fit 64 bits"},
    {"hexadecimal over 64 bits",
     HEAD "enum e : u64 { A = 0x10000000000000000 }" TAIL,
     "2:20: '0x10000000000000000' does not fit 64 bits"},
    {"a name that begins with a digit", HEAD "method 9m = 1 () -> ();\n" TAIL,
     "2:8: '9m' is not a number, and not a C identifier"},
    {"pointer", HEAD "method m = 1 (u8 *p) -> ();\n" TAIL,
     "2:18: unexpected character '*'"},
    {"documentation inside a struct", HEAD "struct s {\n## x\nu8 a; }\n" TAIL,
     "3:1: syntax error, unexpected documentation"},
};

static const struct refused names[] = {
    {"C keyword as method", HEAD "method int = 1 () -> ();\n" TAIL,
     "2:8: 'int' is a C keyword"},
    {"C keyword as member", HEAD "struct s { u8 long; }\n" TAIL,
     "2:15: 'long' is a C keyword"},
    {"C keyword as parameter", HEAD "method m = 1 (u8 default) -> ();\n" TAIL,
     "2:18: 'default' is a C keyword"},
    {"upper case", HEAD "method Read = 1 () -> ();\n" TAIL,
     "2:8: name 'Read' must be in lower case"},
    {"lower case value", HEAD "enum e : u8 { a = 1 }\n" TAIL,
     "2:15: name 'a' must be in upper case"},
    {"trailing underscore", HEAD "method m_ = 1 () -> ();\n" TAIL,
     "2:8: name 'm_' must not begin or end with '_'"},
    {"leading underscore", HEAD "method _m = 1 () -> ();\n" TAIL,
     "2:8: name '_m' must not begin or end with '_'"},
    {"reserved parameter", HEAD "method m = 1 (u8 self) -> ();\n" TAIL,
     "2:18: name 'self' is reserved for generated code"},
    {"long name",
     HEAD "method m123456789012345678901234567890123456789012345678 = 1 "
          "() -> ();\n" TAIL,
     "2:8: name 'm12345678901234567890123456789012345678901234567...' is "
     "longer than 48 characters"},
    {"duplicate method",
     HEAD "method m = 1 () -> ();\nmethod m = 2 () -> ();\n" TAIL,
     "3:8: duplicate method 'm'"},
    {"duplicate ordinal",
     HEAD "method m = 1 () -> ();\nmethod n = 1 () -> ();\n" TAIL,
     "3:8: methods 'm' and 'n' have the same ordinal"},
    {"ordinal 0", HEAD "method m = 0 () -> ();\n" TAIL,
     "2:8: ordinal 0 of method 'm' is reserved"},
    {"ordinal over 16 bits", HEAD "method m = 65536 () -> ();\n" TAIL,
     "2:8: ordinal 65536 of method 'm' is over 65535"},
    {"duplicate parameter", HEAD "method m = 1 (u8 x, u8 x) -> ();\n" TAIL,
     "2:24: parameters 'x' and 'x' of method 'm' need the same name in C"},
    {"parameter and result", HEAD "method m = 1 (u8 x) -> (u8 x);\n" TAIL,
     "2:28: parameters 'x' and 'x' of method 'm' need the same name in C"},
    {"parameter and a length",
     HEAD "method m = 1 (u32 x_bytes, bytes<9> x) -> ();\n" TAIL,
     "2:37: parameters 'x_bytes' and 'x' of method 'm' need the same name in "
     "C"},
    {"result and a length",
     HEAD "method m = 1 (bytes<9> x) -> (u32 x_max);\n" TAIL,
     "2:35: parameters 'x' and 'x_max' of method 'm' need the same name in C"},
    {"pages and their count",
     HEAD "method m = 1 (pages<1> x, u32 x_pages) -> ();\n" TAIL,
     "2:31: parameters 'x' and 'x_pages' of method 'm' need the same name in "
     "C"},
    {"duplicate member", HEAD "struct s { u8 a; u8 a; }\n" TAIL,
     "2:21: duplicate member 'a'"},
    {"duplicate value name", HEAD "enum e : u8 { A = 1, A = 2 }\n" TAIL,
     "2:22: duplicate value 'A'"},
    {"duplicate value", HEAD "enum e : u8 { A = 1, B = 1 }\n" TAIL,
     "2:22: 'A' and 'B' have the same value"},
    {"duplicate type", HEAD "enum t : u8 { A = 1 }\nstruct t { u8 a; }\n" TAIL,
     "3:8: duplicate type 't'"},
    {"built-in type", HEAD "struct u8 { u16 a; }\n" TAIL,
     "2:8: 'u8' is a built-in type"},
    {"generated name",
     HEAD "method m = 1 () -> ();\nmethod m_reply = 2 () -> ();\n" TAIL,
     "3:8: 'a_m_reply' would be generated twice, first for d/a.contract:2"},
    {"generated tag", HEAD "struct ops { u8 a; }\n" TAIL,
     "2:8: 'struct or enum a_ops' would be generated twice, first for "
     "d/a.contract:1"},
    {"generated constant",
     HEAD "enum e : u8 { F_G = 1 }\nenum e_f : u8 { G = 2 }\n" TAIL,
     "3:17: 'A_E_F_G' would be generated twice, first for d/a.contract:2"},
};

static const struct refused contracts[] = {
    {"another file's name", "contract c = 1 version 1 {\n" TAIL,
     "1:10: contract 'c' must be in a file c.contract"},
    {"a channel's number", "contract a = 65535 version 1 {\n" TAIL,
     "1:10: contract number 65535 is over 65534"},
    {"version 0", "contract a = 1 version 0 {\n" TAIL,
     "1:10: version must be 1 to 65535"},
    {"no methods", HEAD "}", "1:10: contract 'a' has no methods"},
};

static const struct refused types[] = {
    {"unknown type", HEAD "method m = 1 (u128 x) -> ();\n" TAIL,
     "2:15: unknown type 'u128'"},
    {"unknown type in a struct", HEAD "struct s { nope x; }\n" TAIL,
     "2:12: unknown type 'nope'"},
    {"unknown contract", HEAD "method m = 1 (b.t x) -> ();\n" TAIL,
     "2:15: unknown contract 'b'"},
    {"unknown handle", HEAD "method m = 1 (handle<b> x) -> ();\n" TAIL,
     "2:22: unknown contract 'b'"},
    {"enum of a wrong type", HEAD "enum e : i32 { A = 1 }\n" TAIL,
     "2:6: enum 'e' must be u8, u16, u32 or u64, not 'i32'"},
    {"value too large", HEAD "enum e : u8 { A = 255, B = 256 }\n" TAIL,
     "2:24: value 256 of 'B' does not fit u8"},
    {"value too large for 32 bits",
     HEAD "enum e : u32 { A = 0x100000000 }\n" TAIL,
     "2:16: value 4294967296 of 'A' does not fit u32"},
    {"empty struct", HEAD "struct s { }\n" TAIL,
     "2:8: struct 's' has no members"},
    {"string in a struct", HEAD "struct s { string<4> x; }\n" TAIL,
     "2:22: member 'x': strings, bytes, handles and pages are parameters of "
     "methods only"},
    {"handle in a struct", HEAD "struct s { handle<any> x; }\n" TAIL,
     "2:24: member 'x': strings, bytes, handles and pages are parameters of "
     "methods only"},
    {"array of strings", HEAD "method m = 1 (string<4>[2] x) -> ();\n" TAIL,
     "2:15: array of strings, bytes, handles or pages"},
    {"array of arrays", HEAD "method m = 1 (u8[2][2] x) -> ();\n" TAIL,
     "2:15: array of arrays; make the inner a struct"},
    {"array of nothing", HEAD "method m = 1 (u8[0] x) -> ();\n" TAIL,
     "2:15: array of 0 elements"},
    {"array over 64 words", HEAD "method m = 1 (u8[513] x) -> ();\n" TAIL,
     "2:15: array of 513 elements is over 64 words"},
    {"length 0", HEAD "method m = 1 (bytes<0> x) -> ();\n" TAIL,
     "2:15: largest length 0"},
    {"length over 1 MiB", HEAD "method m = 1 (bytes<1048577> x) -> ();\n" TAIL,
     "2:15: largest length is over 1 MiB"},
    {"pages over 1 MiB", HEAD "method m = 1 (pages<257> x) -> ();\n" TAIL,
     "2:15: largest length is over 1 MiB"},
    {"struct in itself", HEAD "struct s { s x; }\n" TAIL,
     "2:8: struct 's' contains itself"},
    {"struct in itself by another",
     HEAD "struct s { t x; }\nstruct t { s[2] y; }\n" TAIL,
     "2:8: struct 's' contains itself"},
};

static const struct refused messages[] = {
    {"request over 64 words",
     HEAD "method m = 1 (u64[64] x, u8 y) -> ();\n" TAIL,
     "2:8: request of method 'm' is over 64 words"},
    {"reply over 64 words",
     HEAD "method m = 1 () -> (u64[63] x, u32 y, u64 z);\n" TAIL,
     "2:8: reply of method 'm' is over 64 words"},
    {"struct over 64 words", HEAD "struct s { u64[64] x; u8 y; }\n" TAIL,
     "2:8: struct 's' is over 64 words"},
    {"five strings",
     HEAD "method m = 1 (bytes<1> a, bytes<1> b, bytes<1> c, bytes<1> d, "
          "bytes<1> e) -> ();\n" TAIL,
     "2:8: request of method 'm' has too many strings: 5, and 4 fit"},
    {"two result strings",
     HEAD "method m = 1 () -> (bytes<1> x, bytes<1> y);\n" TAIL,
     "2:8: reply of method 'm' has too many strings: 2, and 1 fit"},
    {"nine handles",
     HEAD "method m = 1 (handle<any> a, handle<any> b, handle<any> c, "
          "handle<any> d, handle<any> e, handle<any> f, handle<any> g, "
          "handle<any> h, handle<any> i) -> ();\n" TAIL,
     "2:8: request of method 'm' has too many handles: 9, and 8 fit"},
    {"five pages",
     HEAD "method m = 1 () -> (pages<1> a, pages<1> b, pages<1> c, pages<1> d, "
          "pages<1> e);\n" TAIL,
     "2:8: reply of method 'm' has too many pages: 5, and 4 fit"},
    {"move of a number", HEAD "method m = 1 (move u8 x) -> ();\n" TAIL,
     "2:23: 'x': only a handle of a request can move"},
    {"move in a reply", HEAD "method m = 1 () -> (move handle<any> x);\n" TAIL,
     "2:38: 'x': only a handle of a request can move"},
    {"unknown error", HEAD "method m = 1 () -> () errors NOPE;\n" TAIL,
     "2:30: unknown error 'NOPE'"},
    {"duplicate error", HEAD "method m = 1 () -> () errors IO, IO;\n" TAIL,
     "2:34: duplicate error 'IO'"},
    {"kernel string that does not fit",
     "kernel " HEAD "method m = 1 (u64 x, string<481> s) -> ();\n" TAIL,
     "2:34: 's' of a kernel contract must fit the message buffer: at most 480 "
     "bytes"},
    {"two kernel strings",
     "kernel " HEAD "method m = 1 (string<8> s, string<8> t) -> ();\n" TAIL,
     "2:8: method 'm' of a kernel contract has more than one string"},
};

#define M "method m = 1 () -> ();\nmethod n = 2 () -> ();\n"
static const struct refused states[] = {
    {"no start state",
     "contract a = 1 version 1 {\n" M
     "states { start x; y: m -> y, n -> y; }\n}",
     "4:16: start state 'x' does not exist"},
    {"state that does not exist",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> y, n -> x; }\n}",
     "4:22: state 'y' does not exist"},
    {"state that cannot be reached",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> x, n -> x; y: m -> x; }\n}",
     "4:38: state 'y' cannot be reached"},
    {"state reached only from one that cannot be",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> x, n -> x; y: m -> z; z: m -> y; }\n}",
     "4:38: state 'y' cannot be reached"},
    {"duplicate state",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> x, n -> x; x: m -> x; }\n}",
     "4:38: duplicate state 'x'"},
    {"method never allowed",
     "contract a = 1 version 1 {\n" M "states { start x; x: m -> x; }\n}",
     "3:8: method 'n' is never allowed"},
    {"unknown method",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> x, n -> x, o -> x; }\n}",
     "4:38: unknown method 'o'"},
    {"method twice in a state",
     "contract a = 1 version 1 {\n" M
     "states { start x; x: m -> x, n -> x, m -> x; }\n}",
     "4:38: duplicate method 'm' in state 'x'"},
    {"two machines",
     "contract a = 1 version 1 {\n" M "states { start x; x: m -> x, n -> x; }\n"
     "states { start x; x: m -> x, n -> x; }\n}",
     "5:1: second 'states'"},
};
#undef M

#endif /* NUNCIO_TESTS_CONTRACT_REFUSED_H */
