package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.StatusException;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.http.Exchange;

/** What may be asked of a log, in upstream's words. */
final class LogOptionRules {

  private static final GroupVersionKind KIND = new GroupVersionKind("", "v1", "PodLogOptions");

  private LogOptionRules() {}

  /**
   * @throws StatusException {@code BadRequest} for what is no number, {@code Invalid} for a wrong
   *     one
   */
  static void check(Exchange exchange, String pod) {
    FieldErrors errors = new FieldErrors();
    number(exchange, "tailLines", 0, errors);
    number(exchange, "limitBytes", 1, errors);
    number(exchange, "sinceSeconds", 1, errors);
    if (!exchange.query("sinceSeconds").isEmpty() && !exchange.query("sinceTime").isEmpty()) {
      errors.forbidden(
          FieldPath.ROOT, "", "at most one of `sinceTime` or `sinceSeconds` may be specified");
    }
    if (!errors.isEmpty()) {
      throw StatusException.invalid(KIND, pod, errors.causes());
    }
  }

  private static void number(Exchange exchange, String name, long least, FieldErrors errors) {
    String text = exchange.query(name);
    if (text.isEmpty()) {
      return;
    }
    try {
      long n = Long.parseLong(text);
      if (n < least) {
        String bound = least == 0 ? "must be greater than or equal to 0" : "must be greater than 0";
        errors.invalid(FieldPath.ROOT, name, n, bound);
      }
    } catch (NumberFormatException e) {
      throw StatusException.badRequest(
          "strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
    }
  }
}
