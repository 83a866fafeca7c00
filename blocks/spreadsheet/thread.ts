import { serve } from "../threads/serve";
import { readSpreadsheet } from "./read";

serve(readSpreadsheet);
