#!/bin/sh
### BEGIN INIT INFO
# Provides:          sluice-agent
# Required-Start:    $network $remote_fs $local_fs
# Required-Stop:     $network $remote_fs $local_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Sluice agent: moves data from Kafka into MaxCompute
### END INIT INFO
# chkconfig: 2345 95 05
case ${1-} in
  start | stop | restart | status) exec /usr/local/bin/sluice-agent "$1" ;;
  force-reload) exec /usr/local/bin/sluice-agent restart ;;
  *)
    echo 'Usage: /etc/init.d/sluice-agent start|stop|restart|force-reload|status' >&2
    exit 2
    ;;
esac
