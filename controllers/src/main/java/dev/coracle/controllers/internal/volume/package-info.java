/** PersistentVolumes and claims: binding, local volumes, protection. */
@NullMarked
package dev.coracle.controllers.internal.volume;

import org.jspecify.annotations.NullMarked;
