package dev.coracle.kubelet.internal.plugin;

import java.util.List;

/** Works with the plugins of one type. Called on virtual threads, and may block. */
public interface PluginHandler {

  /**
   * What a plugin says about itself.
   *
   * @param endpoint the socket to call
   */
  record Plugin(String type, String name, String endpoint, List<String> versions) {}

  /**
   * @throws IllegalArgumentException when this plugin cannot be used; it is told the message
   */
  void register(Plugin plugin);

  /** Its socket is gone. */
  void deregister(Plugin plugin);
}
