package dev.coracle.apiserver.internal.http;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;

/** Which of the options of lists and watches go together (KEP-3157 and the API concepts page). */
final class ListOptionRules {
  private static final GroupVersionKind KIND =
      new GroupVersionKind("meta.k8s.io", "v1", "ListOptions");
  private static final String MATCH = "resourceVersionMatch";

  private ListOptionRules() {}

  /**
   * @throws StatusException {@code Invalid}
   */
  static void checkList(ListOptions options, boolean sendInitialEvents) {
    FieldErrors errors = new FieldErrors();
    String match = options.resourceVersionMatch();
    if (!match.isEmpty()) {
      if (options.resourceVersion().isEmpty()) {
        forbidden(errors, "resourceVersionMatch is forbidden unless resourceVersion is provided");
      }
      if (!options.continueToken().isEmpty()) {
        forbidden(errors, "resourceVersionMatch is forbidden when continue is provided");
      }
      if (!match.equals("Exact") && !match.equals("NotOlderThan")) {
        errors.unsupported(FieldPath.ROOT, MATCH, match, List.of("Exact", "NotOlderThan", ""));
      }
      if (match.equals("Exact") && options.resourceVersion().equals("0")) {
        forbidden(errors, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
      }
    }
    if (sendInitialEvents) {
      errors.forbidden(
          FieldPath.ROOT, "sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    errors.throwIfAny(KIND, "");
  }

  /**
   * @param asked whether sendInitialEvents was said at all, be it false
   * @throws StatusException {@code Invalid}
   */
  static void checkWatch(WatchOptions options, boolean asked, boolean continues) {
    FieldErrors errors = new FieldErrors();
    String match = options.resourceVersionMatch();
    if (asked && !match.equals("NotOlderThan")) {
      forbidden(errors, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if (!match.isEmpty()) {
      if (!asked) {
        forbidden(
            errors,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
      }
      if (!match.equals("NotOlderThan")) {
        errors.unsupported(FieldPath.ROOT, MATCH, match, List.of("NotOlderThan"));
      }
    }
    // A watch that begins nowhere is one with initial events, whose match is NotOlderThan.
    String version = options.resourceVersion();
    boolean begins = !asked && match.isEmpty() && (version.isEmpty() || version.equals("0"));
    if (continues && (begins || !match.isEmpty())) {
      forbidden(errors, "resourceVersionMatch is forbidden when continue is provided");
    }
    errors.throwIfAny(KIND, "");
  }

  private static void forbidden(FieldErrors errors, String why) {
    errors.forbidden(FieldPath.ROOT, MATCH, why);
  }
}
