"""The compute client: runs a Pairio service's jobs as processes, in containers, or as OAR jobs.

::

    main --> config           who it is: registered once, then read from its directory
      |
      v
    client --> calls          what it says to the service
      |
      v
    works --> work            the jobs that run here, followed to their end
      |
      v
    launch --> resources      what is asked of the scheduler
      |   `--> containers     the command line around an app's program
      v
    core                      the scheduler: this machine's own, or OAR
"""
