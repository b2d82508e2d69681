package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the verbs' parameters from a request's query. */
public final class QueryOptions {

  private static final int LONGEST_MANAGER = 128;
  private static final Set<String> FIELD_VALIDATIONS = Set.of("", "Ignore", "Strict", "Warn");
  private static final Set<String> POLICIES = Set.of("Foreground", "Background", "Orphan");

  /** As they are shown, with what upstream calls none. */
  private static final List<String> SHOWN_POLICIES =
      List.of("Foreground", "Background", "Orphan", "nil");

  private static final Map<String, String> OPTIONS =
      Map.of("create", "CreateOptions", "update", "UpdateOptions", "patch", "PatchOptions");

  private QueryOptions() {}

  public static ListOptions list(Exchange e) {
    number(e, "timeoutSeconds");
    ListOptions options =
        new ListOptions(
            labels(e),
            fields(e),
            e.query("resourceVersion"),
            e.query("resourceVersionMatch"),
            number(e, "limit"),
            e.query("continue"));
    ListOptionRules.checkList(options, !e.query("sendInitialEvents").isEmpty());
    return options;
  }

  public static WatchOptions watch(Exchange e) {
    FieldSelector fields = fields(e);
    if (fields.isEverything() && !e.info().name().isEmpty()) {
      // The old form /watch/…/name.
      fields = FieldSelector.equalTo("metadata.name", e.info().name());
    }
    number(e, "limit");
    WatchOptions options =
        new WatchOptions(
            labels(e),
            fields,
            e.query("resourceVersion"),
            e.query("resourceVersionMatch"),
            e.flag("allowWatchBookmarks"),
            e.flag("sendInitialEvents"),
            number(e, "timeoutSeconds"));
    ListOptionRules.checkWatch(
        options, !e.query("sendInitialEvents").isEmpty(), !e.query("continue").isEmpty());
    return options;
  }

  /** Of a create, an update, or a patch; a delete has more of them in its body. */
  static WriteOptions write(Exchange e) {
    String verb = e.info().verb();
    boolean patch = verb.equals("patch");
    FieldErrors errors = new FieldErrors();
    String manager = e.query("fieldManager");
    if (patch && e.header("Content-Type").startsWith(PatchType.APPLY.mediaType())) {
      if (manager.isEmpty()) {
        errors.required(FieldPath.ROOT, "fieldManager", "is required for apply patch");
      }
    } else if (patch && !e.query("force").isEmpty()) {
      errors.forbidden(FieldPath.ROOT, "force", "may not be specified for non-apply patch");
    }
    manager(manager, errors);
    String dryRun = e.query("dryRun");
    if (!dryRun.isEmpty() && !dryRun.equals("All")) {
      errors.unsupported(
          FieldPath.ROOT, "dryRun", Json.NODES.arrayNode().add(dryRun), List.of("All"));
    }
    String validation = e.query("fieldValidation");
    if (!FIELD_VALIDATIONS.contains(validation)) {
      errors.unsupported(FieldPath.ROOT, "fieldValidation", validation, FIELD_VALIDATIONS);
    }
    String kind = OPTIONS.getOrDefault(verb, "DeleteOptions");
    errors.throwIfAny(new GroupVersionKind("meta.k8s.io", "v1", kind), "");
    return new WriteOptions(!dryRun.isEmpty(), manager, validation);
  }

  private static void manager(String manager, FieldErrors errors) {
    if (manager.getBytes(StandardCharsets.UTF_8).length > LONGEST_MANAGER) {
      errors.tooLong(FieldPath.ROOT, "fieldManager", LONGEST_MANAGER);
    }
    for (int i = 0; i < manager.length(); i = manager.offsetByCodePoints(i, 1)) {
      int c = manager.codePointAt(i);
      if (!GoQuote.isPrintable(c)) {
        int at = manager.substring(0, i).getBytes(StandardCharsets.UTF_8).length;
        errors.invalid(
            FieldPath.ROOT,
            "fieldManager",
            manager,
            String.format("invalid character U+%04X (at position %d)", c, at));
      }
    }
  }

  /** From the body where there is one, else from the query. */
  static DeleteOptions delete(Exchange e, byte[] body, int maxBytes) {
    ObjectNode node = body.length == 0 ? Json.object() : parse(e, body, maxBytes);
    if (!node.has("gracePeriodSeconds") && !e.query("gracePeriodSeconds").isEmpty()) {
      node.put("gracePeriodSeconds", number(e, "gracePeriodSeconds"));
    }
    if (!node.has("propagationPolicy") && !e.query("propagationPolicy").isEmpty()) {
      node.put("propagationPolicy", e.query("propagationPolicy"));
    }
    if (!node.has("orphanDependents") && !e.query("orphanDependents").isEmpty()) {
      node.put("orphanDependents", e.flag("orphanDependents"));
    }
    if (e.query("dryRun").equals("All")) {
      node.putArray("dryRun").add("All");
    }
    check(node);
    return DeleteOptions.of(node);
  }

  private static void check(ObjectNode options) {
    FieldErrors errors = new FieldErrors();
    String policy = options.path("propagationPolicy").asText("");
    if (!policy.isEmpty() && options.hasNonNull("orphanDependents")) {
      errors.invalid(
          FieldPath.ROOT,
          "propagationPolicy",
          policy,
          "orphanDependents and deletionPropagation cannot be both set");
    }
    if (!policy.isEmpty() && !POLICIES.contains(policy)) {
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
    if (e.header("Content-Type").contains("yaml")
        && Yaml.parse(body, maxBytes) instanceof ObjectNode object) {
      return object;
    }
    if (e.header("Content-Type").startsWith("application/vnd.kubernetes.protobuf")) {
      return ProtobufReader.read(body);
    }
    JsonNode tree;
    try {
      tree = Json.parse(body);
    } catch (StatusException wrong) {
      throw StatusException.badRequest(
          "couldn't get version/kind; json parse error: " + wrong.getMessage());
    }
    if (tree instanceof ObjectNode options) {
      String kind = options.path("kind").asText("");
      if (!kind.isEmpty() && !kind.equals("DeleteOptions")) {
        throw StatusException.badRequest(
            "no kind \"" + kind + "\" is registered for version \"v1\"");
      }
      return options;
    }
    throw StatusException.badRequest(
        "couldn't get version/kind; json parse error: " + Decoder.noDocument(Trees.goName(tree)));
  }

  /** What was understood for the authorizers already is not read again. */
  private static LabelSelector labels(Exchange e) {
    LabelSelector known = e.info().labelSelector();
    return known.isEverything() ? LabelSelector.parse(e.query("labelSelector")) : known;
  }

  private static FieldSelector fields(Exchange e) {
    FieldSelector known = e.info().fieldSelector();
    return known.isEverything() ? FieldSelector.parse(e.query("fieldSelector")) : known;
  }

  static long number(Exchange e, String name) {
    String text = e.query(name);
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException wrong) {
      throw StatusException.badRequest(
          "strconv.ParseInt: parsing " + GoQuote.of(text) + ": invalid syntax");
    }
  }
}
