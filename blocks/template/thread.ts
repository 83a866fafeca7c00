import { serve } from "../threads/serve";
import { render } from "./render";

serve(render);
