package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.List;
import java.util.Set;

/**
 * One rule of a policy; an empty list matches everything.
 *
 * @param omitStages those of the policy among them
 */
record AuditRule(
    AuditLevel level,
    Set<String> users,
    Set<String> userGroups,
    Set<String> verbs,
    List<Resources> resources,
    Set<String> namespaces,
    List<String> nonResourceUrls,
    Set<AuditStage> omitStages,
    boolean omitManagedFields) {

  /** Resources of one group, by {@code pods}, {@code pods/log}, {@code &#42;/status} or others. */
  record Resources(String group, List<String> resources, Set<String> names) {

    boolean match(RequestInfo info) {
      if (!group.equals("*") && !group.equals(info.group())) {
        return false;
      }
      if (resources.isEmpty()) {
        return true;
      }
      String combined =
          info.subresource().isEmpty()
              ? info.resource()
              : info.resource() + "/" + info.subresource();
      for (String r : resources) {
        boolean fits =
            r.equals("*")
                || r.equals(combined)
                || (!info.subresource().isEmpty() && r.equals("*/" + info.subresource()))
                || r.equals(info.resource() + "/*");
        if (fits && (names.isEmpty() || names.contains(info.name()))) {
          return true;
        }
      }
      return false;
    }
  }

  boolean match(UserInfo user, RequestInfo info) {
    if (!users.isEmpty() && !users.contains(user.name())) {
      return false;
    }
    if (!userGroups.isEmpty() && user.groups().stream().noneMatch(userGroups::contains)) {
      return false;
    }
    if (!verbs.isEmpty() && !verbs.contains(info.verb())) {
      return false;
    }
    if (!namespaces.isEmpty() || !resources.isEmpty()) {
      return info.resourceRequest()
          && (namespaces.isEmpty() || namespaces.contains(info.namespace()))
          && (resources.isEmpty() || resources.stream().anyMatch(r -> r.match(info)));
    }
    if (!nonResourceUrls.isEmpty()) {
      return !info.resourceRequest()
          && nonResourceUrls.stream().anyMatch(url -> matches(url, info.path()));
    }
    return true;
  }

  private static boolean matches(String pattern, String path) {
    return pattern.endsWith("*")
        ? path.startsWith(pattern.substring(0, pattern.length() - 1))
        : pattern.equals(path);
  }
}
