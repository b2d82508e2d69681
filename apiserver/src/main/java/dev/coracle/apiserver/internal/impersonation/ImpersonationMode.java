package dev.coracle.apiserver.internal.impersonation;

import dev.coracle.apiserver.UserInfo;
import java.util.List;

/**
 * The ways of acting as another, the narrow ones first. All but the old one also ask whether this
 * very request may be made so.
 */
enum ImpersonationMode {
  /** A service account as the node that its own pod runs on. */
  ASSOCIATED_NODE("associated-node"),
  ARBITRARY_NODE("arbitrary-node"),
  SERVICE_ACCOUNT("serviceaccount"),
  /** Whoever is neither a node nor a service account. */
  USER_INFO("user-info"),
  /** Anybody, for anything. */
  LEGACY("legacy");

  private static final String NODE_NAME = "authentication.kubernetes.io/node-name";

  private final String word;

  ImpersonationMode(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  boolean isConstrained() {
    return this != LEGACY;
  }

  /** The verb by which somebody may be this user. */
  String verb() {
    return isConstrained() ? "impersonate:" + word : "impersonate";
  }

  /** The verb by which a request of this verb may be made so. */
  String verbOn(String verb) {
    return "impersonate-on:" + word + ":" + verb;
  }

  boolean applies(WantedUser wanted, UserInfo requestor) {
    return switch (this) {
      case ASSOCIATED_NODE ->
          wanted.isOnlyName()
              && wanted.node().isPresent()
              && WantedUser.account(requestor.name()).isPresent()
              && requestor
                  .extra()
                  .getOrDefault(NODE_NAME, List.of())
                  .equals(List.of(wanted.node().orElse("")));
      case ARBITRARY_NODE -> wanted.isOnlyName() && wanted.node().isPresent();
      case SERVICE_ACCOUNT -> wanted.isOnlyName() && wanted.account().isPresent();
      case USER_INFO -> wanted.node().isEmpty() && wanted.account().isEmpty();
      case LEGACY -> true;
    };
  }
}
