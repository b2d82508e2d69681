package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.GroupResource;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.http.Exchange;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Lets a user who may do so act as another (Kubernetes docs, "User impersonation"). */
final class ImpersonationFilter implements Filter {

  private static final String PREFIX = "impersonate-";
  private static final String EXTRA = "impersonate-extra-";
  private static final String SERVICE_ACCOUNT = "system:serviceaccount:";

  private final Authorizer authorizer;

  ImpersonationFilter(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    if (!asks(exchange)) {
      next.run();
      return;
    }
    String name = exchange.header("Impersonate-User");
    List<String> groups = exchange.request().headers().getAll("Impersonate-Group");
    String uid = exchange.header("Impersonate-Uid");
    Map<String, List<String>> extra = new HashMap<>();
    for (var header : exchange.request().headers()) {
      String key = header.getKey().toLowerCase(Locale.ROOT);
      if (key.startsWith(EXTRA)) {
        extra
            .computeIfAbsent(decoded(key.substring(EXTRA.length())), _ -> new ArrayList<>())
            .add(header.getValue());
      }
    }
    if (name.isEmpty() && groups.isEmpty() && extra.isEmpty() && uid.isEmpty()) {
      next.run();
      return;
    }
    if (name.isEmpty()) {
      throw StatusException.badRequest(
          "requested " + (groups.isEmpty() ? "[]" : groups) + " without impersonating a user");
    }
    UserInfo who = exchange.user();
    List<String> all = new ArrayList<>(groups);
    if (name.startsWith(SERVICE_ACCOUNT) && name.split(":").length == 4) {
      String[] parts = name.split(":");
      require(who, "", "serviceaccounts", "", parts[2], parts[3], name);
      if (groups.isEmpty()) {
        all.add(UserInfo.SERVICE_ACCOUNTS);
        all.add(UserInfo.SERVICE_ACCOUNTS + ":" + parts[2]);
      }
    } else {
      require(who, "", "users", "", "", name, name);
    }
    groups.forEach(g -> require(who, "", "groups", "", "", g, g));
    if (!uid.isEmpty()) {
      require(who, "authentication.k8s.io", "uids", "", "", uid, uid);
    }
    extra.forEach((key, values) ->
        values.forEach(v -> require(who, "authentication.k8s.io", "userextras", key, "", v, v)));
    if (!name.equals("system:anonymous") && !all.contains(UserInfo.AUTHENTICATED)) {
      all.add(UserInfo.AUTHENTICATED);
    }
    exchange.user(new UserInfo(name, uid, all, extra));
    next.run();
  }

  /** Every request comes by here, and hardly any asks. */
  private static boolean asks(Exchange exchange) {
    for (var header : exchange.request().headers()) {
      if (header.getKey().regionMatches(true, 0, PREFIX, 0, PREFIX.length())) {
        return true;
      }
    }
    return false;
  }

  /** As upstream reads it: percent escapes, or the text itself where they are malformed. */
  private static String decoded(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key;
    }
  }

  private void require(
      UserInfo who,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name,
      String shown) {
    Attributes a =
        Attributes.resource(who, "impersonate", group, resource, subresource, namespace, name);
    if (!authorizer.decide(a).allowed()) {
      throw StatusException.forbidden(new GroupResource(group, resource), shown, a.refusal());
    }
  }
}
