package dev.coracle.apiserver.internal.http;

import dev.coracle.api.GoQuote;
import dev.coracle.api.GoText;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the verbs' parameters from a request's query. */
public final class QueryOptions {

  private static final int LONGEST_MANAGER = 128;
  private static final Set<String> FIELD_VALIDATIONS = Set.of("", "Ignore", "Strict", "Warn");

  private static final Map<String, String> OPTIONS =
      Map.of("create", "CreateOptions", "update", "UpdateOptions", "patch", "PatchOptions");

  private QueryOptions() {}

  /** A get takes no options, but there is one that it took once. */
  static void checkGet(Exchange e) {
    if (e.flag("export")) {
      throw StatusException.badRequest(
          "the export parameter, deprecated since v1.14, is no longer supported");
    }
  }

  public static ListOptions list(Exchange e) {
    number(e, "timeoutSeconds");
    long limit = number(e, "limit");
    ListOptions options =
        new ListOptions(
            labels(e),
            fields(e),
            e.query("resourceVersion"),
            e.query("resourceVersionMatch"),
            limit,
            e.query("continue"));
    ListOptionRules.checkList(options, e.asks("sendInitialEvents"));
    return options;
  }

  public static WatchOptions watch(Exchange e) {
    long timeoutSeconds = number(e, "timeoutSeconds");
    number(e, "limit");
    FieldSelector fields = fields(e);
    if (fields.isEverything() && !e.info().name().isEmpty()) {
      // The old form /watch/…/name.
      fields = FieldSelector.equalTo("metadata.name", e.info().name());
    }
    WatchOptions options =
        new WatchOptions(
            labels(e),
            fields,
            e.query("resourceVersion"),
            e.query("resourceVersionMatch"),
            e.flag("allowWatchBookmarks"),
            e.flag("sendInitialEvents"),
            timeoutSeconds);
    boolean asked = e.asks("sendInitialEvents");
    ListOptionRules.checkWatch(options, asked, !e.query("continue").isEmpty());
    return asked ? options : beginning(options);
  }

  /** A watch that begins with what there is tells where that ends, to those who take bookmarks. */
  private static WatchOptions beginning(WatchOptions options) {
    String from = options.resourceVersion();
    return from.isEmpty() || from.equals("0")
        ? new WatchOptions(
            options.labels(),
            options.fields(),
            from,
            "NotOlderThan",
            options.allowBookmarks(),
            true,
            options.timeoutSeconds())
        : options;
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

  /** What was understood for the authorizers already is not read again. */
  private static LabelSelector labels(Exchange e) {
    LabelSelector known = e.info().labelSelector();
    return known.isEverything() ? LabelSelector.parse(e.query("labelSelector")) : known;
  }

  private static FieldSelector fields(Exchange e) {
    FieldSelector known = e.info().fieldSelector();
    return known.isEverything() ? FieldSelector.parse(e.query("fieldSelector")) : known;
  }

  /**
   * Zero where it is not given.
   *
   * @throws StatusException {@code BadRequest} for what is given and no number of 64 bits
   */
  static long number(Exchange e, String name) {
    String text = e.query(name);
    try {
      return e.asks(name) ? Long.parseLong(text) : 0;
    } catch (NumberFormatException wrong) {
      throw StatusException.badRequest(GoText.notAnInteger(text));
    }
  }
}
