import type { Block } from "../../../blocks/block";
import { catalog } from "../../../blocks/catalog";
import { catalogOf, createRegistry } from "../../../blocks/registry";

/** Facts of the format: ids and pins are fixed, so they stand here once more, apart from the code. */
const known: readonly [id: string, name: string, placement: string, inputs: string, outputs: string][] = [
  ["1ff065e9-88e8-4358-9d82-8dc91f622ba9", "StoreValue", "inline", "input data", "output"],
  ["f3b1c1b2-4c4f-4f0d-8d2f-4c4f0d8d2f4c", "PrintToConsole", "inline", "text", "output status"],
  ["cc10ff7b-7753-4ff2-9af6-9399b1a7eddc", "Note", "inline", "text", "output"],
  ["95d1b990-ce13-4d88-9737-ba5c2070c97b", "UniversalTypeConverter", "inline", "value type", "value"],
  [
    "715696a0-e1da-45c8-b209-c2fa9c3b0be6",
    "Condition",
    "inline",
    "value1 operator value2 yes_value no_value",
    "result yes_output no_output",
  ],
  ["f66a3543-28d3-4ab5-8945-9b336371e2ce", "StepThroughItems", "inline", "items items_object items_str", "item key"],
  ["b1ab9b19-67a6-406d-abf5-2dba76d00c79", "Calculator", "inline", "operation a b round_result", "result"],
  ["3c9c2f42-b0c3-435f-ba35-05f7a25c772a", "CountItems", "inline", "collection", "count"],
  ["db7d8f02-2f44-4c55-ab7a-eae0941f0c30", "FillTextTemplate", "inline", "values format escape_html", "output"],
  ["e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85", "CombineTexts", "inline", "input delimiter", "output"],
  ["0e50422c-6dee-4145-83d6-3a5a392f65de", "FindInDictionary", "inline", "input key", "output missing"],
  [
    "46afe2ea-c613-43f8-95ff-6692c3ef6876",
    "RemoveFromDictionary",
    "inline",
    "dictionary key return_value",
    "updated_dictionary removed_value",
  ],
  ["a912d5c7-6e00-4542-b2a9-8034136930e4", "CreateList", "inline", "values max_size max_tokens", "list"],
  ["aeb08fc1-2fc1-4141-bc8e-f758f183a822", "AddToList", "inline", "list entry entries position", "updated_list"],
  [
    "3060088f-6ed9-4928-9ba7-9c92823a7ccd",
    "MatchTextPattern",
    "inline",
    "text match data case_sensitive dot_all",
    "positive negative",
  ],
  [
    "3146e4fe-2cdd-4f29-bd12-0c9d5bb4deb0",
    "ExtractTextInformation",
    "inline",
    "text pattern group case_sensitive dot_all find_all",
    "positive negative matched_results matched_count",
  ],
  ["d5ea33c8-a575-477a-b42f-2fe3be5055ec", "TextSplit", "inline", "text delimiter strip", "texts"],
  ["7e7c87ab-3469-4bcc-9abe-67705091b713", "TextReplace", "inline", "text old new", "output"],
  ["5185f32e-4b65-4ecf-8fbb-873f003f09d6", "TextEncoder", "inline", "text", "encoded_text"],
  ["2570e8fe-8447-43ed-84c7-70d657923231", "TextDecoder", "inline", "text", "decoded_text"],
  ["ab2a782d-22cf-4587-8a70-55b59b3f9f90", "WordCharacterCount", "inline", "text", "word_count character_count"],
  [
    "d3a7d896-3b78-4f44-8b4b-48fbf4f0bcd8",
    "CodeExtraction",
    "inline",
    "text",
    "html css javascript python sql java cpp csharp json_code bash php ruby yaml markdown typescript xml remaining_text",
  ],
  [
    "6dbbc4b3-ca6c-42b6-b508-da52d23e13f2",
    "IfInputMatches",
    "inline",
    "input value yes_value no_value",
    "result yes_output no_output",
  ],
  ["286380af-9529-4b55-8be0-1d7c854abdb5", "XMLParser", "inline", "input_xml", "parsed_xml"],
  [
    "8fa8c167-2002-47ce-aba8-97572fc5d387",
    "GenericWebhookTrigger",
    "inline",
    "payload constants secret_token",
    "constants payload",
  ],
  ["b924ddf4-de4f-4b56-9a85-358930dcbc91", "CreateDictionary", "inline", "values", "dictionary"],
  [
    "31d1064e-7446-4693-a7d4-65e5ca1180d1",
    "AddToDictionary",
    "inline",
    "dictionary key value entries",
    "updated_dictionary",
  ],
  [
    "27e31876-18b6-44f3-ab97-f6226d8b3889",
    "ReplaceDictionaryValue",
    "inline",
    "dictionary key value",
    "updated_dictionary old_value",
  ],
  ["a3cf3f64-6bb9-4cc6-9900-608a0b3359b0", "DictionaryIsEmpty", "inline", "dictionary", "is_empty"],
  ["5e2c6d0a-1e37-489f-b1d0-8e1812b23333", "FindInList", "inline", "list value", "index found not_found_value"],
  ["262ca24c-1025-43cf-a578-534e23234e97", "GetListItem", "inline", "list index", "item"],
  [
    "d93c5a93-ac7e-41c1-ae5c-ef67e6e9b826",
    "RemoveFromList",
    "inline",
    "list value index return_item",
    "updated_list removed_item",
  ],
  ["fbf62922-bea1-4a3d-8bac-23587f810b38", "ReplaceListItem", "inline", "list index value", "updated_list old_item"],
  ["896ed73b-27d0-41be-813c-c1c1dc856c03", "ListIsEmpty", "inline", "list", "is_empty"],
  ["422cb708-3109-4277-bfe3-bc2ae5812777", "ReverseListOrder", "inline", "input_list", "reversed_list"],
  [
    "3cf9298b-5817-4141-9d80-7c2cc5199c8e",
    "ConcatenateLists",
    "inline",
    "lists deduplicate remove_none",
    "concatenated_list length",
  ],
  [
    "cc45bb0f-d035-4756-96a7-fe3e36254b4d",
    "FlattenList",
    "inline",
    "nested_list max_depth",
    "flattened_list length original_depth",
  ],
  ["9f616084-1d9f-4f8e-bc00-5b9d2a75cd75", "InterleaveLists", "inline", "lists", "interleaved_list length"],
  [
    "0d0e684f-5cb9-4c4b-b8d1-47a0860e0c07",
    "ZipLists",
    "inline",
    "lists pad_to_longest fill_value",
    "zipped_list length",
  ],
  ["05309873-9d61-447e-96b5-b804e2511829", "ListDifference", "inline", "list_a list_b symmetric", "difference length"],
  ["b6eb08b6-dbe3-411b-b9b4-2508cb311a1f", "ListIntersection", "inline", "list_a list_b", "intersection length"],
  [
    "8b2a7b3c-6e9d-4a5f-8c1b-2e3f4a5b6c7d",
    "HumanInTheLoop",
    "wait",
    "data name editable",
    "approved_data rejected_data review_message",
  ],
  [
    "a3a0a0f7-5a3b-4c56-9a54-6b8f0b6f6d11",
    "Ask",
    "wait",
    "question context schema deadline answerers default",
    "answer message",
  ],
  [
    "d67a9c52-5e4e-11e2-bcfd-0800200c9a71",
    "CountdownTimer",
    "wait",
    "input_message seconds minutes hours days repeat",
    "output_message",
  ],
  [
    "6595ae1f-b924-42cb-9a41-551a0611c4b4",
    "SendWebRequest",
    "remote",
    "url method headers json_format body files_name files",
    "response client_error server_error",
  ],
  ["cbb50872-625b-42f0-8203-a2ae78242d8a", "FileStore", "remote", "file_in base_64", "file_out"],
  [
    "3735a31f-7e18-4aca-9e90-08a7120674bc",
    "FileRead",
    "remote",
    "file_input delimiter size_limit row_limit skip_size skip_rows",
    "content",
  ],
  [
    "95ead23f-8283-4654-aef3-10c053b74a31",
    "AgentFileInput",
    "remote",
    "name value title description advanced secret base_64",
    "result",
  ],
  [
    "363ae599-353e-4804-937e-b2ee3cef3da4",
    "AgentOutput",
    "inline",
    "value name title description format escape_html advanced secret",
    "output name",
  ],
  [
    "e189baac-8c20-45a1-94a7-55177ea42565",
    "AgentExecutor",
    "child",
    "graphId graphVersion user_id agent_name inputs input_schema output_schema masks",
    "",
  ],
  ["a892b8d9-3e4e-4e9c-9c1e-75f8efcf1bfa", "GetCurrentTime", "remote", "trigger format_type", "time"],
  ["b29c1b50-5d0e-4d9f-8f9d-1b0e6fcbf0b1", "GetCurrentDate", "remote", "trigger offset format_type", "date"],
  ["716a67b3-6760-42e7-86dc-18645c6e00fc", "GetCurrentDateAndTime", "remote", "trigger format_type", "date_time"],
  ["1d055e55-a2b9-4547-8311-907d05b0304d", "PersistInformation", "remote", "key value scope", "value"],
  ["d8710fc9-6e29-481e-a7d5-165eb16f8471", "RetrieveInformation", "remote", "key scope default_value", "value"],
  [
    "ed55ac19-356e-4243-a6cb-bc599e9b716f",
    "AIStructuredResponseGenerator",
    "remote",
    "prompt expected_format list_result model force_json_output credentials sys_prompt conversation_history retry prompt_values max_tokens compress_prompt_to_fit ollama_host",
    "response prompt",
  ],
  [
    "1f292d4a-41a4-4977-9684-7c8d560b9f91",
    "AITextGenerator",
    "remote",
    "prompt model credentials sys_prompt retry prompt_values ollama_host max_tokens",
    "response prompt",
  ],
  [
    "a0a69be1-4528-491c-a85a-a4ab6873e3f0",
    "AITextSummarizer",
    "remote",
    "text model focus style credentials max_tokens chunk_overlap ollama_host",
    "summary prompt",
  ],
  [
    "32a87eab-381e-4dd4-bdb8-4c47151be35a",
    "AIConversation",
    "remote",
    "prompt messages model credentials max_tokens ollama_host",
    "response prompt",
  ],
  [
    "9c0b0450-d199-458b-a731-072189dd6593",
    "AIListGenerator",
    "remote",
    "focus source_data model credentials max_retries force_json_output max_tokens ollama_host",
    "generated_list prompt list_item",
  ],
  [
    "553ec5b8-6c45-4299-8d75-b394d05f72ff",
    "AICondition",
    "remote",
    "input_value condition model credentials yes_value no_value",
    "result yes_output no_output",
  ],
  [
    "3b191d9f-356f-482d-8238-ba04b6d18381",
    "Orchestrator",
    "remote",
    "prompt model credentials multiple_tool_calls sys_prompt conversation_history last_tool_output retry prompt_values max_tokens agent_mode_max_iterations execution_mode conversation_compaction ollama_host",
    "tools finished conversations",
  ],
  [
    "0b02b072-abe7-11ef-8372-fb5d162dd712",
    "ExecuteCode",
    "remote",
    "code language setup_commands timeout template_id credentials",
    "results main_result response stdout_logs stderr_logs",
  ],
  [
    "fff86bcd-e001-4bad-a7f6-2eae4720c8dc",
    "SendAuthenticatedWebRequest",
    "remote",
    "url method headers json_format body files_name files credentials",
    "response client_error server_error",
  ],
  ["f5b0f5d0-1862-4d61-94be-3ad0fa772760", "GetWikipediaSummary", "remote", "topic", "summary"],
  [
    "5ebe6768-8e5d-41e3-9134-1c7bd89a8d52",
    "ReadRSSFeed",
    "remote",
    "rss_url time_period polling_rate run_continuously",
    "entry entries",
  ],
  [
    "4dc35c0f-4fd8-465e-9616-5a216f1ba2bc",
    "SQLQuery",
    "remote",
    "database_type host port database query read_only timeout max_rows credentials",
    "results columns row_count truncated affected_rows",
  ],
  [
    "4a448883-71fa-49cf-91cf-70d793bd7d87",
    "DataSampling",
    "remote",
    "data sample_size sampling_method accumulate random_seed stratify_key weight_key cluster_key",
    "sampled_data sample_indices",
  ],
  [
    "acf7625e-d2cb-4941-bfeb-2819fc6fc015",
    "ReadSpreadsheet",
    "remote",
    "contents file_input delimiter quotechar escapechar has_header skip_rows strip skip_columns produce_singular_result",
    "row rows",
  ],
  ...(
    [
      ["c0a8e994-ebf1-4a9c-a4d8-89d09c86741b", "AgentInput", ""],
      ["7fcd3bcb-8e1b-4e69-903d-32d3d4a92158", "AgentShortTextInput", ""],
      ["90a56ffb-7024-4b2b-ab50-e26c5e5ab8ba", "AgentLongTextInput", ""],
      ["96dae2bb-97a2-41c2-bd2f-13a3b5a8ea98", "AgentNumberInput", ""],
      ["7e198b09-4994-47db-8b4d-952d98241817", "AgentDateInput", ""],
      ["2a1c757e-86cf-4c7e-aacf-060dc382e434", "AgentTimeInput", ""],
      ["655d6fdf-a334-421c-b733-520549c07cd1", "AgentDropdownInput", " options"],
      ["cbf36ab5-df4a-43b6-8a7f-f7ed8652116e", "AgentToggleInput", ""],
      ["5603b273-f41e-4020-af7d-fbc9c6a8d928", "AgentTableInput", " column_headers"],
      ["d3b32f15-6fd7-40e3-be52-e083f51b19a2", "AgentGoogleDriveFileInput", " allowed_views allow_folder_selection"],
    ] as const
  ).map(([id, name, more]): [string, string, string, string, string] => [
    ...([id, name, "inline"] as const),
    `name value title description advanced secret${more}`,
    "result",
  ]),
];

test("the catalog has the blocks of the format with their ids, placements and pins", () => {
  const found = [...catalog.values()].map((block) => [
    block.id,
    block.name,
    block.placement,
    Object.keys(block.inputSchema.properties).join(" "),
    Object.keys(block.outputSchema.properties).join(" "),
  ]);
  expect(found.toSorted()).toEqual(known.toSorted());
});

test("static outputs and missing error pins are those of the format", () => {
  const names = (which: "staticOutput" | "errorPin", value: boolean) =>
    [...catalog.values()].filter((block) => block[which] === value && block.role !== "input").map(({ name }) => name);
  expect(names("staticOutput", true).toSorted()).toEqual([
    "AgentOutput",
    "FileStore",
    "RetrieveInformation",
    "StoreValue",
  ]);
  expect(names("errorPin", false).toSorted()).toEqual(["AgentExecutor", "AgentOutput"]);
});

test("every pin is described, every required pin is there, and no required pin has a default", () => {
  for (const { name, description, inputSchema, outputSchema } of catalog.values()) {
    expect(description).not.toBe("");
    for (const [pin, schema] of Object.entries({ ...inputSchema.properties, ...outputSchema.properties })) {
      expect({ name, pin, description: schema.description }).toEqual({
        name,
        pin,
        description: expect.stringMatching(/./),
      });
    }
    const withoutDefault = Object.entries(inputSchema.properties).filter(([, schema]) => schema.default === undefined);
    expect(inputSchema.required).toEqual(withoutDefault.map(([pin]) => pin));
  }
});

describe("createRegistry", () => {
  const stub: Block = {
    definition: {
      ...{ id: "5f0e1b9e-37c1-4a51-8a52-0f6f9a3d2c11", name: "Stub", description: "A stub.", placement: "inline" },
      ...{ role: "standard", staticOutput: false, errorPin: true, cost: [] },
      inputSchema: { type: "object", properties: {}, required: [] },
      outputSchema: { type: "object", properties: {}, required: [] },
    },
    run: () => [],
  };

  test("runs exactly what the catalog lists", () => {
    expect(catalogOf(createRegistry())).toEqual(catalog);
  });

  test("takes more blocks", () => {
    const registry = createRegistry([stub]);
    expect(registry.get(stub.definition.id)).toBe(stub);
    expect(catalogOf(registry).get(stub.definition.id)).toBe(stub.definition);
    expect(registry.size).toBe(catalog.size + 1);
  });

  test("refuses two blocks with one id", () => {
    expect(() => createRegistry([stub, stub])).toThrow("blocks Stub and Stub have the same id");
    const [id = ""] = catalog.keys();
    const double = { ...stub, definition: { ...stub.definition, id } } as Block;
    expect(() => createRegistry([double])).toThrow(id);
  });
});
