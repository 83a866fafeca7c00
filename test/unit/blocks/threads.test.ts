import { createTemplateThreads } from "../../../blocks/template/threads";
import { createTurns } from "../../../blocks/threads/turns";

const endless = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}";

function setup(limits?: { limitMs: number }) {
  const renderAside = createTemplateThreads(limits);
  return (format: string, signal = new AbortController().signal) =>
    renderAside({ format, values: { who: "Ada" }, escapeHtml: false }, signal);
}

describe("createTemplateThreads", () => {
  test("renders, one after the other and side by side", async () => {
    const fill = setup();
    const formats = Array.from({ length: 8 }, (_, i) => `{% if who %}${i}{{ who }}{% endif %}`);
    expect(await Promise.all(formats.map((format) => fill(format)))).toEqual(formats.map((_, i) => `${i}Ada`));
  });

  test("tells what fails in the template, and renders the next one", async () => {
    const fill = setup();
    await expect(fill("{{ who|sum }}")).rejects.toMatchObject({
      name: "BlockFailure",
      code: "template_error",
      message: "there is no filter 'sum'",
    });
    expect(await fill("{{ who }}")).toBe("Ada");
  });

  test("ends the rendering when the signal aborts, with its reason", async () => {
    const fill = setup();
    await fill("{{ who }}"); // a thread is there
    const stop = new AbortController();
    const reason = new Error("stopped");
    const rendering = fill(endless, stop.signal);
    stop.abort(reason);
    await expect(rendering).rejects.toBe(reason);
    expect(await fill("{{ who }}")).toBe("Ada");
  });

  test("ends a rendering that takes too long", async () => {
    const fill = setup({ limitMs: 100 });
    await expect(fill(endless)).rejects.toMatchObject({
      code: "template_error",
      message: "the template took over 0.1 s",
    });
  });

  test("does not begin under a signal that has aborted", async () => {
    const reason = new Error("stopped");
    await expect(setup()("{{ who }}", AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("createTurns", () => {
  test("lets so many in at a time, the others in their order", async () => {
    const takeTurn = createTurns(1);
    const { signal } = new AbortController();
    const entered: string[] = [];
    const enter = async (name: string) => {
      const end = await takeTurn(signal);
      entered.push(name);
      return end;
    };
    const endFirst = await enter("first");
    const [second, third] = [enter("second"), enter("third")];
    expect(entered).toEqual(["first"]);
    endFirst();
    const endSecond = await second;
    expect(entered).toEqual(["first", "second"]);
    endSecond();
    await third;
    expect(entered).toEqual(["first", "second", "third"]);
  });

  test("does not keep a turn for one who left", async () => {
    const takeTurn = createTurns(1);
    const end = await takeTurn(new AbortController().signal);
    const leaving = new AbortController();
    const left = takeTurn(leaving.signal);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    end();
    await expect(takeTurn(new AbortController().signal)).resolves.toBeInstanceOf(Function);
  });
});
