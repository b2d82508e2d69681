/**
 * What a machine needs that joins: the ConfigMap {@code cluster-info}, which anybody may read,
 * signed with every bootstrap token so that who knows a token can trust it, and the end of tokens
 * (Kubernetes docs, "Authenticating with Bootstrap Tokens").
 */
@NullMarked
package dev.coracle.controllers.internal.bootstrap;

import org.jspecify.annotations.NullMarked;
