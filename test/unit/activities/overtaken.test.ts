import { Overtaken, replan } from "../../../activities/overtaken";

/** A plan that is overtaken so many times. */
function setup(times: number) {
  let plans = 0;
  const plan = () => (plans++ < times ? Promise.reject(new Overtaken("version")) : Promise.resolve("written"));
  return { plan, plans: () => plans };
}

test("a plan is made again however often other steps come first", async () => {
  const { plan, plans } = setup(60);
  expect(await replan(plan)).toBe("written");
  expect(plans()).toBe(61);
});

test("a plan that fails for another reason is not made again", async () => {
  const plan = jest.fn(() => Promise.reject(new Error("a fault of ours")));
  await expect(replan(plan)).rejects.toThrow("a fault of ours");
  expect(plan).toHaveBeenCalledTimes(1);
});
