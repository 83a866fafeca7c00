import { serve } from "../threads/serve";
import { readFile } from "./read";

serve(readFile);
