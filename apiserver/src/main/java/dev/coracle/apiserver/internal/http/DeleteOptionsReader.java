package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the options of deletes: {@code DeleteOptions} in the body, or the query's parameters of the
 * same names.
 */
final class DeleteOptionsReader {

  private static final Set<String> POLICIES = Set.of("Foreground", "Background", "Orphan");

  /** As they are shown, with what upstream calls none. */
  private static final List<String> SHOWN_POLICIES =
      List.of("Foreground", "Background", "Orphan", "nil");

  /** The fields' types, in the words that tell of a value of another one. */
  private static final Map<String, String> TYPES =
      Map.of(
          "gracePeriodSeconds",
          "int64",
          "preconditions",
          "v1.Preconditions",
          "orphanDependents",
          "bool",
          "propagationPolicy",
          "v1.DeletionPropagation",
          "dryRun",
          "[]string",
          "ignoreStoreReadErrorWithClusterBreakingPotential",
          "bool");

  private static final Map<String, String> PRECONDITION_TYPES =
      Map.of("uid", "types.UID", "resourceVersion", "string");

  private DeleteOptionsReader() {}

  /**
   * From the body where there is one, else from the query; a dry run from either (ADR 0324).
   *
   * @throws StatusException {@code BadRequest} for what cannot be read, {@code Invalid} for options
   *     that are none
   */
  static DeleteOptions read(Exchange e, byte[] body, int maxBytes) {
    ObjectNode node = body.length == 0 ? ofQuery(e) : parse(e, body, maxBytes);
    if (e.query("dryRun").equals("All")) {
      node.putArray("dryRun").add("All");
    }
    check(node);
    return DeleteOptions.of(node);
  }

  private static ObjectNode ofQuery(Exchange e) {
    ObjectNode node = Json.object();
    if (e.asks("gracePeriodSeconds")) {
      node.put("gracePeriodSeconds", QueryOptions.number(e, "gracePeriodSeconds"));
    }
    if (e.asks("propagationPolicy")) {
      node.put("propagationPolicy", e.query("propagationPolicy"));
    }
    if (e.asks("orphanDependents")) {
      node.put("orphanDependents", e.flag("orphanDependents"));
    }
    if (e.asks("dryRun")) {
      node.putArray("dryRun").add(e.query("dryRun"));
    }
    return node;
  }

  private static void check(ObjectNode options) {
    FieldErrors errors = new FieldErrors();
    JsonNode said = options.path("propagationPolicy");
    String policy = said.asText("");
    if (said.isTextual() && options.hasNonNull("orphanDependents")) {
      errors.invalid(
          FieldPath.ROOT,
          "propagationPolicy",
          policy,
          "orphanDependents and deletionPropagation cannot be both set");
    }
    if (said.isTextual() && !POLICIES.contains(policy)) {
      errors.unsupported(FieldPath.ROOT, "propagationPolicy", policy, SHOWN_POLICIES);
    }
    JsonNode dryRun = options.path("dryRun");
    for (JsonNode asked : dryRun) {
      if (!asked.asText().equals("All")) {
        errors.unsupported(FieldPath.ROOT, "dryRun", dryRun, List.of("All"));
        break;
      }
    }
    errors.throwIfAny(new GroupVersionKind("meta.k8s.io", "v1", "DeleteOptions"), "");
  }

  private static ObjectNode parse(Exchange e, byte[] body, int maxBytes) {
    String media = Bodies.mediaType(e.header("Content-Type")).toLowerCase(Locale.ROOT);
    JsonNode tree =
        switch (media) {
          case "application/vnd.kubernetes.protobuf" -> ProtobufReader.read(body);
          case "application/yaml" -> tree(body, maxBytes, true);
          case "", "application/json" -> tree(body, maxBytes, false);
          default -> throw Bodies.unknownFormat();
        };
    if (tree.isNull()) {
      return Json.object();
    }
    if (!(tree instanceof ObjectNode options)) {
      throw StatusException.badRequest(
          "couldn't get version/kind; json parse error: " + Decoder.noDocument(Trees.goName(tree)));
    }
    String kind = options.path("kind").asText("");
    if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
      throw StatusException.badRequest("no kind \"" + kind + "\" is registered for version \"v1\"");
    }
    checkTypes(options, TYPES, "");
    if (options.get("preconditions") instanceof ObjectNode preconditions) {
      checkTypes(preconditions, PRECONDITION_TYPES, "preconditions.");
    }
    return options;
  }

  private static JsonNode tree(byte[] body, int maxBytes, boolean yaml) {
    if (yaml) {
      JsonNode tree = Yaml.parse(body, maxBytes);
      if (tree instanceof ObjectNode) {
        return tree;
      }
    }
    try {
      return Json.parse(body);
    } catch (StatusException wrong) {
      throw StatusException.badRequest(
          "couldn't get version/kind; json parse error: " + wrong.getMessage());
    }
  }

  /** A value of a wrong type must not be passed over: without its dry run a delete deletes. */
  private static void checkTypes(ObjectNode node, Map<String, String> types, String before) {
    node.properties()
        .forEach(field -> {
          String type = types.get(field.getKey());
          JsonNode value = field.getValue();
          if (type == null || value.isNull()) {
            return;
          }
          String wrong = wrong(type, value);
          if (wrong != null) {
            throw StatusException.badRequest(
                "json: cannot unmarshal "
                    + wrong
                    + " into Go struct field DeleteOptions."
                    + before
                    + field.getKey()
                    + " of type "
                    + (type.equals("[]string") && value.isArray() ? "string" : type));
          }
        });
  }

  /** What stands where it should not, or null. */
  private static @Nullable String wrong(String type, JsonNode value) {
    boolean fits =
        switch (type) {
          case "int64" -> value.isIntegralNumber() && value.canConvertToLong();
          case "bool" -> value.isBoolean();
          case "[]string" -> value.isArray();
          case "v1.Preconditions" -> value.isObject();
          default -> value.isTextual();
        };
    if (!fits) {
      return type.equals("int64") && value.isNumber()
          ? "number " + value.asText()
          : Trees.goName(value);
    }
    for (JsonNode item : value.isArray() ? value : Json.NODES.arrayNode()) {
      if (!item.isTextual() && !item.isNull()) {
        return Trees.goName(item);
      }
    }
    return null;
  }
}
