import { countCodePoints, dump, print } from "../../../blocks/texts";

test("dump writes JSON with a space after commas and colons", () => {
  expect(dump({ a: [1, "x,y: z", null], é: { b: true } })).toBe('{"a": [1, "x,y: z", null], "é": {"b": true}}');
});

describe("print", () => {
  test("writes values as Python does, texts bare only at the top", () => {
    expect(print("it's")).toBe("it's");
    expect(print([true, false, null, "x", { k: [1.5] }])).toBe("[True, False, None, 'x', {'k': [1.5]}]");
  });

  test("writes whole numbers without a point and small ones with an exponent of two digits", () => {
    expect(print([10, -0, 1e21, 0.0001, 0.00001, -2.5e-7, 1e-10])).toBe(
      "[10, 0, 1e+21, 0.0001, 1e-05, -2.5e-07, 1e-10]",
    );
  });

  test("quotes as Python does", () => {
    expect(print(["it's", 'say "x"', `it's "x"`])).toBe(`["it's", 'say "x"', 'it\\'s "x"']`);
    expect(print(["\\ \n \t \r \x00 \x7f \u200b \u00a0 é 中 😀"])).toBe(
      String.raw`['\\ \n \t \r \x00 \x7f \u200b \xa0 é 中 😀']`,
    );
  });
});

test("countCodePoints counts an emoji once", () => {
  expect(countCodePoints("a😀é")).toBe(3);
});
