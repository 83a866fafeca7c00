import { serve } from "../threads/serve";
import { search } from "./search";

serve(search);
