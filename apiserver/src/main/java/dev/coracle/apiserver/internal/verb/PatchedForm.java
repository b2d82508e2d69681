package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Brings what a patch has made into the form of its kind. What does not fit is the patch's fault,
 * so the answer is {@code Invalid} and shows the patched object, or the patch where that was a
 * strategic one, as upstream does.
 */
public final class PatchedForm {

  private static final GroupVersionKind NO_KIND = new GroupVersionKind("", "", "");

  private PatchedForm() {}

  /**
   * @param result of the patch, as it is shown to the client
   * @param part of it that is decoded; not changed
   */
  public static ObjectNode decode(Call call, Patch patch, ObjectNode result, ObjectNode part) {
    Decoder.Decoded decoded;
    try {
      decoded = Decoder.decode(part, SubresourceSchemas.of(call).type());
    } catch (Decoder.TypeException e) {
      boolean strategic = patch.type() == PatchType.STRATEGIC_MERGE;
      throw refused(patch, result, strategic ? e.converted() : e.words());
    }
    List<String> problems = new ArrayList<>(patch.problems());
    problems.addAll(decoded.problems());
    if (!problems.isEmpty()) {
      switch (FieldValidation.of(call.options().fieldValidation())) {
        case STRICT -> throw refused(patch, result, Decoder.strict(problems));
        case WARN -> problems.forEach(call.warnings()::add);
        case IGNORE -> {}
      }
    }
    return decoded.tree();
  }

  /** The result, where it is an object at all. */
  public static ObjectNode object(Patch patch, JsonNode result) {
    if (result instanceof ObjectNode object) {
      return object;
    }
    throw refused(
        patch,
        result,
        "couldn't get version/kind; json parse error: " + Decoder.noDocument(Trees.goName(result)));
  }

  private static StatusException refused(Patch patch, JsonNode result, String why) {
    String shown = patch.type() == PatchType.STRATEGIC_MERGE ? go(patch.body()) : result.toString();
    return StatusException.invalid(
        NO_KIND,
        "",
        List.of(
            new StatusCause(
                StatusCause.INVALID,
                "Invalid value: " + Json.NODES.textNode(shown) + ": " + why,
                "patch")));
  }

  /** As Go prints a tree: {@code map[spec:map[replicas:x]]}. */
  private static String go(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT ->
          value.properties().stream()
              .map(e -> e.getKey() + ":" + go(e.getValue()))
              .sorted()
              .collect(Collectors.joining(" ", "map[", "]"));
      case ARRAY ->
          value.valueStream().map(PatchedForm::go).collect(Collectors.joining(" ", "[", "]"));
      case NULL -> "<nil>";
      default -> value.asText();
    };
  }
}
