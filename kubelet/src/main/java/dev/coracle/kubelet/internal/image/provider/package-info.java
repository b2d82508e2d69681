/**
 * Programs that give credentials of registries (KEP-2133, KEP-4412): {@code CredentialPlugins} asks
 * those that are configured for a pod's image, {@code CredentialPlugin} is one of them with what it
 * has answered, {@code PluginProgram} runs it.
 */
@NullMarked
package dev.coracle.kubelet.internal.image.provider;

import org.jspecify.annotations.NullMarked;
