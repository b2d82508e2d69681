package dev.coracle.apiserver;

import java.util.List;
import java.util.Map;

/**
 * Who makes a request, as authentication found out (Kubernetes docs, "Authenticating").
 *
 * @param uid tells apart users who had the same name one after the other; empty where not known
 * @param extra whatever the authenticator adds, such as the pod a token is bound to
 */
public record UserInfo(
    String name, String uid, List<String> groups, Map<String, List<String>> extra) {

  public static final String MASTERS = "system:masters";
  public static final String AUTHENTICATED = "system:authenticated";
  public static final String UNAUTHENTICATED = "system:unauthenticated";
  public static final String NODES = "system:nodes";
  public static final String SERVICE_ACCOUNTS = "system:serviceaccounts";

  /** Of {@link #extra}: which token or certificate it was. */
  public static final String CREDENTIAL_ID = "authentication.kubernetes.io/credential-id";

  public static final UserInfo ANONYMOUS = of("system:anonymous", UNAUTHENTICATED);

  /** The server itself, which may do anything. */
  public static final UserInfo APISERVER = of("system:apiserver", MASTERS, AUTHENTICATED);

  public UserInfo {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  public static UserInfo of(String name, String... groups) {
    return new UserInfo(name, "", List.of(groups), Map.of());
  }

  /** A component of this name; nodes ({@code system:node:x}) get their group. */
  public static UserInfo component(String name) {
    return name.startsWith("system:node:")
        ? of(name, NODES, AUTHENTICATED)
        : of(name, AUTHENTICATED);
  }

  public boolean in(String group) {
    return groups.contains(group);
  }
}
