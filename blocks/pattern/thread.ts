import { serve } from "../threads/serve";
import { createCompiler } from "./compile";
import { search } from "./search";
import type { SearchJob } from "./search";

const compile = createCompiler();

serve((job: SearchJob) => search(job, compile));
