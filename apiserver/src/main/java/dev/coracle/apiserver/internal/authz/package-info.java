/**
 * Who may: RBAC over an index that follows the roles and bindings, nodes, and the default roles.
 */
@NullMarked
package dev.coracle.apiserver.internal.authz;

import org.jspecify.annotations.NullMarked;
