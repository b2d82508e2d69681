/** ClusterRoles made of others. */
@NullMarked
package dev.coracle.controllers.internal.rbac;

import org.jspecify.annotations.NullMarked;
